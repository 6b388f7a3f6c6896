import PostgresWire
import TandemSQLite

extension SessionStatement {
    /// What DROP … IF EXISTS does not find, and CREATE … IF NOT EXISTS does: they do nothing, and PostgreSQL says so.
    ///
    /// - Returns: a notice for each name; none for all other statements.
    func skippedObjects(on connection: any StatementConnection) throws(PostgresError) -> [PostgresError] {
        guard let definition = conditional else { return [] }
        var notices: [PostgresError] = []
        for name in definition.names {
            let isThere = try Self.isThere(name, on: connection)
            if isThere != definition.isDrop { notices.append(definition.notice(of: name)) }
        }
        return notices
    }

    private static func isThere(
        _ name: String, on connection: any StatementConnection
    ) throws(PostgresError) -> Bool {
        do {
            let sql = "SELECT 1 FROM sqlite_schema WHERE name = $1 COLLATE NOCASE"
            guard let statement = try connection.cachedStatement(sql) else { return false }
            defer { connection.giveBack(statement) }
            try ParameterValue.text(name).bind(to: statement, at: 1)
            return try statement.step()
        } catch {
            throw PostgresError(mapping: error)
        }
    }
}

/// CREATE or DROP of tables, views or indexes with IF [NOT] EXISTS.
struct ConditionalDefinition: Sendable {
    var isDrop: Bool
    /// `table`, `view` or `index`.
    var kind: String
    /// In lower case where they are not quoted.
    var names: [String] = []

    /// - Parameter tokens: of `source`, a CREATE or DROP.
    /// - Returns: nil for all others.
    init?(_ source: String, _ tokens: [SQLToken]) {
        var words = WordCursor(source, tokens[...])
        isDrop = words.next() == "drop"
        words.skip("unique")
        words.skip("unlogged")
        guard let kind = words.next(), ["table", "view", "index"].contains(kind) else { return nil }
        self.kind = kind
        words.skip("concurrently")
        guard words.skip("if"), isDrop || words.skip("not"), words.skip("exists") else { return nil }
        repeat {
            guard var name = try? words.name() else { return nil }
            // Its schema stands before it.
            while words.skip(".") {
                guard let part = try? words.name() else { return nil }
                name = part
            }
            names.append(name)
        } while isDrop && words.skip(",")
    }

    func notice(of name: String) -> PostgresError {
        isDrop
            ? PostgresError(
                severity: .notice, code: .successfulCompletion, message: "\(kind) \"\(name)\" does not exist, skipping")
            : PostgresError(
                severity: .notice, code: .duplicateTable, message: "relation \"\(name)\" already exists, skipping")
    }
}
