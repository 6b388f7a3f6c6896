import CTandemSQLite
import GRDB

/// How large a table or an index is, by the first pages of its tree.
///
/// SQLite keeps no sizes: its table `dbstat` finds them out by reading a whole tree, which a monitor that asks for each table
/// would make of the whole file, again and again. It reads page by page, the root first and always the first child next, so
/// that its first rows tell how many children the pages of each level have: as many pages there are, if all are as full as
/// those. A tree of one or two levels, up to some hundred pages, is told exactly; a larger one within some tenths. Pages of
/// values that are too large for a page of the tree are counted as there are of them behind the first leaves.
struct TreeSize {
    /// So many rows of `dbstat` are looked at.
    static let sample = 64
    /// SQLite has no file of more.
    private static let maximumPages = Double(UInt32.max)

    /// The size of the tree that `tandem_b` names, in bytes; 0 of none; NULL where SQLite was built without `dbstat`.
    static let sql =
        sqlite3_compileoption_used("ENABLE_DBSTAT_VTAB") == 0
        ? "CAST(NULL AS INTEGER)"
        : """
        CASE WHEN tandem_b IS NULL THEN 0 ELSE tandem_tree_size((SELECT group_concat(path || ' ' || pagetype || ' ' || ncell \
        || ' ' || pgsize, char(10)) FROM (SELECT path, pagetype, ncell, pgsize FROM dbstat WHERE name = tandem_b LIMIT \(sample)))) END
        """

    static let function = DatabaseFunction("tandem_tree_size", argumentCount: 1, pure: true) { values in
        values[0].asText.map { TreeSize($0).bytes }
    }

    let bytes: Int64

    /// - Parameter rows: the first of `dbstat`: `path pagetype ncell pgsize` in each line.
    init(_ rows: String) {
        // The children of the first inner page of each level.
        var children: [Double] = []
        var leaves = 0
        var overflows = 0
        var pageSize: Int64 = 0
        for row in rows.split(separator: "\n") {
            let fields = row.split(separator: " ")
            guard fields.count == 4, let cells = Int64(fields[2]), let size = Int64(fields[3]), cells >= 0, size >= 0
            else { continue }
            pageSize = size
            // `/`, `/000/`, `/000/000/`
            let level = fields[0].utf8.count { $0 == UInt8(ascii: "/") } - 1
            switch fields[1] {
            case "internal": if level == children.count { children.append(Double(cells) + 1) }
            case "overflow": overflows += 1
            default: leaves += 1
            }
        }
        var pages = 1.0
        var last = 1.0
        for (level, count) in children.enumerated() {
            // The last page of a level is as a rule not full: it counts as half.
            last = min((level == 0 ? last : last - 0.5) * count, Self.maximumPages)
            pages += last
        }
        pages += last * Double(overflows) / Double(max(leaves, 1))
        bytes = Int64(min(pages.rounded(), Self.maximumPages)) * min(pageSize, 1 << 16)
    }
}
