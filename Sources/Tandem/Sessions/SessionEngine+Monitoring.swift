import PostgresWire
import TandemLog
import TandemSQLite

// What PostgreSQL lets only those ask who administrate.
extension SessionEngine {
    func administratorFact(_ name: String) throws(SQLiteError) -> String? {
        let isReset = name == "statistics reset"
        guard user.roles.contains(.administrate) else {
            throw SQLiteError(
                .forbidden, "permission denied for function \(isReset ? "pg_stat_reset" : "pg_ls_waldir")")
        }
        // Nothing is counted that could be set back.
        if isReset { return "" }
        do throws(LogError) {
            return try node.logFiles()
        } catch {
            throw refused(PostgresError(mapping: error))
        }
    }
}
