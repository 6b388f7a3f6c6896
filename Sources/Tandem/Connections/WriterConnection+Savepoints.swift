import TandemSQLite

extension WriterConnection {
    /// SAVEPOINT, RELEASE or ROLLBACK TO, for a savepoint inside of the transaction that runs.
    func run(savepointStatement words: String, _ name: String) throws(SQLiteError) {
        let quoted = name.replacing("\"", with: "\"\"")
        guard let statement = try cachedStatement("\(words) \"\(quoted)\"") else { return }
        defer { giveBack(statement) }
        _ = try statement.step()
    }
}
