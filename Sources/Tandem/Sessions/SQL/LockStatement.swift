import PostgresWire
import TandemSQLite

/// `LOCK [TABLE] [ONLY] table [*], … [IN mode MODE] [NOWAIT]`. There is one lock, the writer, which keeps all others from
/// writing whatever.
struct LockStatement {
    static let tag = "LOCK TABLE"

    private(set) var tables: [String] = []
    /// False for the mode that writers do not mind either.
    let takesWriter: Bool
    let isNowait: Bool

    private static let modes: Set<String> = [
        "access share", "row share", "row exclusive", "share update exclusive", "share", "share row exclusive",
        "exclusive", "access exclusive",
    ]

    /// - Throws: ``PostgresError``: 42601 where it cannot be read.
    init(parsing words: inout WordCursor) throws(PostgresError) {
        words.advance()
        words.skip("table")
        repeat { tables.append(try Self.table(&words)) } while words.skip(",")
        takesWriter = try Self.mode(&words) != "access share"
        isNowait = words.skip("nowait")
        guard words.peek == nil else { throw words.syntaxError() }
    }

    private static func table(_ words: inout WordCursor) throws(PostgresError) -> String {
        words.skip("only")
        var name = try words.name()
        while words.skip(".") { name = try words.name() }
        words.skip("*")
        return name
    }

    private static func mode(_ words: inout WordCursor) throws(PostgresError) -> String {
        guard words.skip("in") else { return "access exclusive" }
        var mode: [String] = []
        while let word = words.peek, word != "mode" {
            mode.append(word)
            words.advance()
        }
        let name = mode.joined(separator: " ")
        guard modes.contains(name), words.skip("mode") else { throw words.syntaxError() }
        return name
    }

    /// For SQLite writes that change nothing: there must be such tables, and who runs them has the writer.
    var sql: TranslatedSQL {
        let writes = tables.map { "DELETE FROM \($0.quotedName) WHERE 0" }
        var sql = TranslatedSQL(writes[writes.count - 1])
        sql.preceding = Array(writes.dropLast())
        return sql
    }
}
