import TandemLog

/// A table as SQLite describes it.
struct TableShape {
    struct Column {
        var name: String
        var declaredType: String
        /// Its place among all columns.
        var place: Int32
        /// Its place among the columns that are in the row.
        var storedPlace: Int32
        /// Its place in the rows of a WITHOUT ROWID table, which begin with the primary key; nil where there is none.
        var keyedPlace: Int32?
        var isPrimaryKey: Bool
        var isRowidAlias: Bool
        /// Whether the row carries a value that is not generated.
        var isStored: Bool
        /// Whether SQLite computes it whenever it is read.
        var isVirtual: Bool
        var hasDefault: Bool
    }

    /// The names by which SQL can call the rowid.
    static let rowidNames = ["rowid", "_rowid_", "oid"]

    var name: String
    var isWithoutRowid: Bool
    var isAutoincrement: Bool
    var columns: [Column]

    /// Whether an integer in `column` becomes a real for who takes the column at `place` of the table for it.
    func makesReal(_ column: Column, lookingAt place: Int32?) -> Bool {
        guard let place, place != column.place, !column.hasRealAffinity else { return false }
        // Behind the last column SQLite would read whatever is there.
        return columns.indices.contains(Int(place)) ? columns[Int(place)].hasRealAffinity : isWithoutRowid
    }

    func definition(number: UInt32) -> TableDefinition {
        TableDefinition(
            number: number, name: name, kind: isWithoutRowid ? .withoutRowid : .rowid,
            columns: columns.filter(\.isStored).map {
                TableDefinition.Column(
                    name: $0.name, declaredType: $0.declaredType, isPrimaryKey: isWithoutRowid && $0.isPrimaryKey,
                    isRowidAlias: $0.isRowidAlias)
            })
    }

    /// A name that means the rowid in this table; nil if columns have taken all.
    var rowidName: String? {
        if let alias = columns.first(where: \.isRowidAlias) { return alias.name }
        let taken = Set(columns.map { $0.name.lowercased() })
        return Self.rowidNames.first { !taken.contains($0) }
    }

    /// Why the table's changes cannot be captured; nil if they can.
    var refusal: SQLiteError? {
        guard !isWithoutRowid else { return nil }
        if rowidName == nil {
            return SQLiteError(
                .refused,
                "Table `\(name)` has columns named rowid, _rowid_ and oid and no INTEGER PRIMARY KEY, so that its rows "
                    + "cannot be named on another node. Rename one of these columns.", table: name)
        }
        // SQLite's hook confuses the rowid with another column then (see docs/SQLITE.md).
        if let alias = columns.firstIndex(where: \.isRowidAlias), columns[..<alias].contains(where: \.isVirtual) {
            return SQLiteError(
                .refused,
                "Table `\(name)` has a virtual generated column before its INTEGER PRIMARY KEY, whose changes SQLite "
                    + "reports wrongly. Put the key first.", table: name)
        }
        return nil
    }
}
