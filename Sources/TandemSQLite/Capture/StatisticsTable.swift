import CTandemSQLite

/// The tables in which ANALYZE keeps what SQLite's planner goes by: `sqlite_stat1` to `sqlite_stat4`.
///
/// They are no data but each node's own: ANALYZE reaches the others as its text, and rows of these tables are neither
/// logged nor applied, summed up or compared (docs/SQLITE.md, "Statistics").
enum StatisticsTable {
    /// What their names begin with, and no other table's may.
    static let prefix = "sqlite_stat"

    /// What a record says of a transaction that has changed statistics alone. It changes no data: SQLite reads the
    /// statistics anew that are there.
    static let text = "ANALYZE sqlite_schema"

    static func isOne(_ name: String) -> Bool { name.hasPrefix(prefix) }

    @inline(__always)
    static func isOne(_ name: UnsafePointer<CChar>) -> Bool {
        name[0] == CChar(UInt8(ascii: "s")) && sqlite3_strnicmp(name, prefix, Int32(prefix.utf8.count)) == 0
    }
}
