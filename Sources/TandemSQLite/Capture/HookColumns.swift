import CTandemSQLite

/// How this SQLite counts columns in the preupdate hook, which its documentation leaves open where a table has
/// virtual generated columns: they are not stored, so that places in the row and places in the table differ.
///
/// Found out once a process, by watching rows that tell.
struct HookColumns: Sendable, Equatable {
    /// Whether the hook counts stored columns (true) or all columns (false), in a rowid table.
    var countsStoredInRowidTable: Bool
    /// The same for the new values of an INSERT and all old values in a WITHOUT ROWID table.
    var countsStoredInKeyedTable: Bool
    /// The same for the new values of an UPDATE in a WITHOUT ROWID table.
    var countsStoredInKeyedUpdate: Bool
    /// Whether an old value of a WITHOUT ROWID table, whose rows begin with the key, is told with the affinity of the
    /// column that has its place in the table: an integer as a real, where that column's affinity is REAL.
    var confusesKeyedAffinity: Bool

    /// What this process's SQLite does; nil if it does something unheard of.
    static let current: HookColumns? = probe()

    private final class Watcher {
        var handle: OpaquePointer?
        /// What the hook said about the columns 0 to 2; nil where it gave an error or something else than an integer.
        var news: [[Int64?]] = []
        /// The type of column 1 in the row that is deleted.
        var oldType: Int32?
    }

    private static func probe() -> HookColumns? {
        SQLiteLibrary.configure()
        let watcher = Watcher()
        guard sqlite3_open_v2(":memory:", &watcher.handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK,
            let handle = watcher.handle
        else { return nil }
        defer { sqlite3_close_v2(handle) }
        install(watcher, handle)
        // The virtual column comes first, so that every place after it tells.
        let sql = """
            CREATE TABLE r(v AS (a * 100) VIRTUAL, a, b); CREATE TABLE k(v AS (a * 100) VIRTUAL, a PRIMARY KEY, b) WITHOUT ROWID;
            INSERT INTO r(a, b) VALUES (7, 8); INSERT INTO k(a, b) VALUES (7, 8); UPDATE k SET b = 9;
            CREATE TABLE f(r REAL, a INTEGER PRIMARY KEY) WITHOUT ROWID; INSERT INTO f VALUES (1.5, 7); DELETE FROM f;
            """
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK, watcher.news.count == 4 else { return nil }
        guard let rowid = countsStored(watcher.news[0], b: 8), let keyed = countsStored(watcher.news[1], b: 8),
            let update = countsStored(watcher.news[2], b: 9)
        else { return nil }
        guard let type = watcher.oldType, type == SQLITE_INTEGER || type == SQLITE_FLOAT else { return nil }
        return HookColumns(
            countsStoredInRowidTable: rowid, countsStoredInKeyedTable: keyed, countsStoredInKeyedUpdate: update,
            confusesKeyedAffinity: type == SQLITE_FLOAT)
    }

    private static func install(_ watcher: Watcher, _ handle: OpaquePointer) {
        ctandem_set_change_hook(
            handle,
            { context, operation, _, _, _, _ in
                guard let context else { return }
                let watcher = Unmanaged<Watcher>.fromOpaque(context).takeUnretainedValue()
                guard operation != SQLITE_DELETE else {
                    var (column, value): (Int32, _) = (1, ctandem_value())
                    let code = ctandem_old_values(watcher.handle, &column, 1, &value)
                    watcher.oldType = code == SQLITE_OK ? value.type : nil
                    return
                }
                watcher.news.append(
                    (0..<3).map { column in
                        var column = Int32(column)
                        var value = ctandem_value()
                        let code = ctandem_new_values(watcher.handle, &column, 1, &value)
                        return code == SQLITE_OK && value.type == SQLITE_INTEGER ? value.integer : nil
                    })
            }, Unmanaged.passUnretained(watcher).toOpaque())
    }

    private static func countsStored(_ values: [Int64?], b: Int64) -> Bool? {
        if values[0] == 7, values[1] == b { return true }
        if values[1] == 7, values[2] == b { return false }
        return nil
    }
}
