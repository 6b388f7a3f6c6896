import GRDB
import Testing

@testable import Tandem

@Suite struct JSONPathTests {
    @Test(arguments: [
        ("$", [String]()), ("$.a", ["a"]), ("$.a.b[0]", ["a", "b", "0"]), ("$[#-1].\"x.y\"[2]", ["-1", "x.y", "2"]),
    ])
    func itIsReadAsSQLiteWritesIt(_ path: String, _ steps: [String]) { #expect(JSONPath.steps(path) == steps) }

    @Test(arguments: ["", "a", "$a", "$.", "$..a", "$[", "$[x]", "$[-1]", "$[#]", "$[#-0]", "$.\"a", "$[0]a"])
    func allElseIsNone(_ path: String) { #expect(JSONPath.steps(path) == nil) }

    /// A path in a parameter was taken for a key, and led nowhere.
    @Test(arguments: [
        ("$.a.b", "7"), ("$.a", "{\"b\":7}"), ("$.list[#-1]", "x"), ("$.t", "true"), ("$.none", nil), ("$.", nil),
        ("$key", "1"), ("$.dotted", "2"), ("a.b", "3"), ("0", nil),
    ])
    func anArrowTakesAKeyOrAPath(_ step: String, _ expected: String?) throws {
        let document = """
            {"a":{"b":7},"list":[1,"x"],"t":true,"$key":1,"$.dotted":2,"dotted":5,"a.b":3}
            """
        let queue = try DatabaseQueue()
        try queue.inDatabase { database in
            CatalogFunctions.install(on: database) { false }
            let text = try String.fetchOne(
                database, sql: "SELECT tandem_json_text(?, ?)", arguments: [document, step])
            #expect(text == expected)
        }
    }
}
