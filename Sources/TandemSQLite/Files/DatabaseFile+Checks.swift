import CTandemSQLite

extension DatabaseFile {
    /// What a database that comes from elsewhere has against being replicated, each with the way out.
    public struct Suitability: Sendable {
        /// It cannot be replicated as it is.
        public var obstacles: [String] = []
        /// What works otherwise than in the place it comes from.
        public var remarks: [String] = []
    }

    /// Looks at everything that capturing its changes, and applying them on another node, depends on.
    ///
    /// - Throws: ``SQLiteError`` if the file is no database, or cannot be read.
    public func suitability() throws(SQLiteError) -> Suitability {
        var result = Suitability()
        let encoding = try ask("PRAGMA encoding")
        if encoding != "UTF-8" {
            result.obstacles.append(
                "its text is in \(encoding), and only UTF-8 is replicated: make a new database of it (sqlite3 OLD .dump | sqlite3 NEW)"
            )
        }
        if try hasOwnTables() {
            result.obstacles.append(
                "it has tables of Tandem's own (\(try ownTables().joined(separator: ", "))): a backup of a node is restored with tandem restore, and made a plain database with tandem export"
            )
        }
        let problems = try list("PRAGMA integrity_check(5)")
        if problems != ["ok"] {
            result.obstacles.append("it is damaged (integrity_check): \(problems.joined(separator: "; "))")
        }
        try checkVirtualTables(&result)
        try checkTables(&result)
        try checkStatements(&result)
        let violations = try list("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")
        if !violations.isEmpty {
            result.remarks.append(
                "rows of \(violations.joined(separator: ", ")) violate foreign keys, which are checked from now on when rows change"
            )
        }
        return result
    }

    private func checkVirtualTables(_ result: inout Suitability) throws(SQLiteError) {
        let statement = try OwnStatement(
            handle, "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0")
        while try statement.step() {
            var sql = statement.text(1)
            let refusal = sql.withUTF8 { StatementPolicy.refusalOnWriter(StatementKind($0, from: 0)) }
            if let refusal { result.obstacles.append("table \(statement.text(0)): \(refusal.message)") }
        }
    }

    private func checkTables(_ result: inout Suitability) throws(SQLiteError) {
        let shapes = try TableShapeReader(handle)
        for table in try list("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage <> 0") {
            if let refusal = try shapes.read(table)?.refusal { result.obstacles.append(refusal.message) }
        }
    }

    /// Prepares what writes each table and reads each view: functions, collations and tables that they need must be there.
    private func checkStatements(_ result: inout Suitability) throws(SQLiteError) {
        let ownTables = Set(
            try list(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND (type = 'shadow' OR name LIKE 'sqlite\\_%' ESCAPE '\\')"
            ))
        let statement = try OwnStatement(handle, "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view')")
        while try statement.step() {
            let (type, name) = (statement.text(0), statement.text(1))
            guard !ownTables.contains(name) else { continue }
            let texts =
                type == "view"
                ? ["SELECT * FROM \(name.quotedName)"]
                : ["INSERT INTO \(name.quotedName) DEFAULT VALUES", "DELETE FROM \(name.quotedName)"]
            do throws(SQLiteError) {
                for sql in texts { _ = try OwnStatement(handle, sql) }
            } catch {
                result.remarks.append("\(type) \(name) cannot be used as it is: \(error.message)")
            }
        }
    }
}
