import PostgresWire
import Testing

@testable import Tandem

@Suite struct StartupSettingsTests {
    private func pairs(_ parameters: [String: String]) throws -> [String] {
        try StartupSettings(parameters).values.map { "\($0.name)=\($0.value)" }
    }

    @Test(arguments: [
        ("-c statement_timeout=5s", ["statement_timeout=5s"]), ("-cjit=off", ["jit=off"]),
        ("--statement-timeout=5s  -c a.b=c=d", ["statement_timeout=5s", "a.b=c=d"]),
        (#"-c application_name=two\ words\\"#, [#"application_name=two words\"#]), ("", []), ("  ", []),
    ])
    func optionsAreReadAsACommandLine(_ options: String, _ settings: [String]) throws {
        #expect(try pairs(["options": options]) == settings)
    }

    @Test(arguments: ["-c", "-c novalue", "-c =x", "-d 5", "x", "--", "--=a"])
    func otherWordsAreRefused(_ options: String) {
        #expect(throws: PostgresError.self) { try pairs(["options": options]) }
    }

    @Test func allOtherParametersAreSettings() throws {
        let parameters = [
            "user": "me", "database": "d", "replication": "false", "application_name": "x", "_pq_.some": "1",
            "options": "-c jit=off", "TimeZone": "UTC", "extra_float_digits": "3",
        ]
        #expect(try pairs(parameters) == ["jit=off", "TimeZone=UTC", "extra_float_digits=3"])
    }
}
