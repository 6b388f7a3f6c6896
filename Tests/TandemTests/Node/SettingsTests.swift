import Foundation
import PostgresWire
import Testing

@testable import Tandem

@Suite struct SettingsTests {
    private func settings() -> SessionSettings {
        SessionSettings(
            user: "me", isSuperuser: true, applicationName: "test", isReplica: false,
            configuration: NodeConfiguration(dataDirectory: "data", role: .primary))
    }

    @Test func timesAreReadAsPostgresReadsThem() throws {
        var settings = settings()
        for (text, duration) in [
            ("250", Duration.milliseconds(250)), ("2s", .seconds(2)), ("1.5 s", .milliseconds(1500)),
            ("1min", .seconds(60)),
        ] {
            try settings.set("tandem.commit_timeout", to: text)
            #expect(settings.commitTimeout == duration)
        }
        try settings.set("TANDEM.COMMIT_TIMEOUT", to: "0")
        #expect(settings.commitTimeout == nil)
        #expect(throws: PostgresError.self) { try settings.set("lock_timeout", to: "soon") }
        #expect(settings.lockTimeout == .seconds(10))
    }

    @Test func unknownSettingsNeedADot() throws {
        var settings = settings()
        #expect(throws: PostgresError.self) { try settings.set("nonsense", to: "1") }
        try settings.set("my.own", to: "1")
        #expect(settings.value(of: "My.Own") == "1")
        try settings.reset("my.own")
        #expect(settings.value(of: "my.own") == nil)
    }

    /// Behind RESET, such as that of a pool's DISCARD ALL, a session that only reads was taken for one that may write.
    @Test func whoStartsReadOnlyHasChosenSoBehindResetsAndChangesOfTheRole() throws {
        var settings = settings()
        try settings.start(with: StartupSettings(["options": "-c default_transaction_read_only=on"]))
        #expect(settings.choseReadOnly)
        settings.resetAll()
        #expect(settings.choseReadOnly && settings.defaultsToReadOnly)
        for isReplica in [true, false] {
            _ = settings.roleChanged(isReplica: isReplica)
            #expect(settings.choseReadOnly && settings.defaultsToReadOnly)
        }
        try settings.set("default_transaction_read_only", to: "off")
        #expect(!settings.choseReadOnly && !settings.defaultsToReadOnly)
        try settings.reset("default_transaction_read_only")
        #expect(settings.choseReadOnly && settings.defaultsToReadOnly)

        var other = self.settings()
        _ = other.roleChanged(isReplica: true)
        other.resetAll()
        #expect(!other.choseReadOnly && other.defaultsToReadOnly)
        _ = other.roleChanged(isReplica: false)
        #expect(!other.defaultsToReadOnly)
    }

    @Test func resetLeadsBackToWhatTheStartUpPacketSaid() throws {
        var settings = settings()
        try settings.start(with: StartupSettings(["options": "-c statement_timeout=7s", "TimeZone": "Europe/Paris"]))
        #expect(settings.statementTimeout == .seconds(7))
        try settings.set("statement_timeout", to: "1s")
        try settings.reset("statement_timeout")
        #expect(settings.value(of: "statement_timeout") == "7s")
        settings.resetAll()
        #expect(settings.value(of: "TimeZone") == "Europe/Paris" && settings.statementTimeout == .seconds(7))
        #expect(throws: PostgresError.self) { try settings.start(with: StartupSettings(["nonsense": "1"])) }
    }

    @Test func isolationLevelsHaveNames() throws {
        var settings = settings()
        try settings.set("default_transaction_isolation", to: "Read Uncommitted")
        #expect(settings.value(of: "default_transaction_isolation") == "read uncommitted")
        #expect(throws: PostgresError.self) { try settings.set("default_transaction_isolation", to: "snapshot") }
    }

    @Test func onlyUTF8IsSpoken() throws {
        var settings = settings()
        try settings.set("client_encoding", to: "utf-8")
        try settings.set("client_encoding", to: "UNICODE")
        #expect(throws: PostgresError.self) { try settings.set("client_encoding", to: "LATIN1") }
    }

    @Test(arguments: [
        ("127.0.0.1:7432", "127.0.0.1", 7432), ("db-1", "db-1", 7432), ("[::1]:5", "::1", 5), ("[::1]", "::1", 7432),
    ])
    func addressesAreRead(_ text: String, _ host: String, _ port: Int) {
        #expect(HostAndPort(text) == HostAndPort(host: host, port: port))
    }

    @Test(arguments: ["", "[]", ":1", "a:b", "a:99999", "::1", "[::1", "a:-1", "7855", "7855:7432"])
    func whatIsNoAddressIsRefused(_ text: String) {
        #expect(HostAndPort(text) == nil)
    }

    /// The log is pruned by whole segments.
    @Test(
        arguments: [
            (nil, nil, nil), (0, 8192, nil), (4096, 8192, nil), (8192, 8192, nil), (nil, 8192, nil), (4096, nil, nil),
            (nil, 8191, "--log-limit is 8191 bytes, and must be 8192 at least"),
            (nil, 0, "--log-limit is 0 bytes, and must be 8192 at least"),
            (4095, nil, "--log-keep-size is 4095 bytes, and must be 4096 at least, or 0"),
            (8193, 8192, "--log-keep-size is 8193 bytes, which is above --log-limit: keep at most 8192"),
        ] as [(UInt64?, UInt64?, String?)])
    func boundsOfTheLogThatMeanNothingAreRefused(keepSize: UInt64?, limit: UInt64?, refusal: String?) {
        var configuration = NodeConfiguration(dataDirectory: "data", role: .primary)
        configuration.segmentSize = 4096
        configuration.logKeepSize = keepSize
        configuration.logLimit = limit
        var message: String?
        do throws(TandemError) { try NodeParts.check(configuration) } catch { message = error.message }
        #expect(message == nil || refusal != nil, "\(message ?? "")")
        if let refusal { #expect(message?.contains(refusal) == true, "\(message ?? "taken")") }
    }

    @Test func aDataDirectoryIsHeldByOneNode() throws {
        let path = NSTemporaryDirectory() + "tandem-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let held = try DataDirectory(path + "/a/b")
        #expect { try DataDirectory(path + "/a/b") } throws: { ($0 as? TandemError)?.code == .dataDirectory }
        withExtendedLifetime(held) {}
        #expect(FileManager.default.createFile(atPath: path + "/file", contents: nil))
        #expect { try DataDirectory(path + "/file") } throws: { ($0 as? TandemError)?.code == .dataDirectory }
    }
}
