import Glibc
import TandemLog
import TandemSQLite

extension DataDirectory {
    /// Refuses a directory in which no node has run yet, and which is not empty: a new node would show what it finds there
    /// as if it had been committed, and no replica would ever get it, for it is in no log.
    ///
    /// To be asked before the database is opened, which would make it look like a node's.
    ///
    /// - Throws: ``TandemError`` (`dataDirectory`) with the way out.
    func checkNew() throws(TandemError) {
        guard access(stateFile, F_OK) != 0 else { return }
        guard access(founding, F_OK) != 0 else {
            throw TandemError(
                .dataDirectory,
                "an import or a restore into \(path) was broken off: empty the directory, and run tandem import or tandem restore again"
            )
        }
        // Without the state of a node that has a log, nobody knows what it has promised: that is said later.
        guard access(log, F_OK) != 0, access(database, F_OK) == 0 else { return }
        guard let contents = foreignContents() else { return }
        throw TandemError(
            .dataDirectory,
            "\(database) is not of a node that has run in \(path): \(contents). Move it away; tandem import makes a node of a database, tandem restore of a backup"
        )
    }

    /// What is in the database besides what a node that was ended in its very first start has left; nil if there is nothing.
    private func foreignContents() -> String? {
        do throws(SQLiteError) {
            let tables = try DatabaseFile(database, .read).foreignTables()
            guard let first = tables.first else { return nil }
            return "it has the table \(first)" + (tables.count > 1 ? ", and \(tables.count - 1) more" : "")
        } catch {
            return "it cannot be read (\(error.message))"
        }
    }
}
