import CTandemSQLite

/// Adds up a table's rows as they are, in steps, so that whoever does it can pause.
///
/// One statement: all steps see the state in which the first was made, as long as the connection's transaction lasts.
public final class ContentScan {
    private let statement: OwnStatement
    private let values: UnsafeMutablePointer<ctandem_value>
    private let isReal: UnsafeMutablePointer<UInt8>
    private let count: Int
    private let hasRowid: Bool
    /// What the rows so far add up to.
    public private(set) var sum = ContentSum.zero
    /// How many bytes the values of the rows so far have, about: what reading them costs.
    private(set) var bytes: UInt64 = 0

    init(_ handle: OpaquePointer, _ shape: TableShape, _ range: ContentRange = .all) throws(SQLiteError) {
        let columns = shape.valueColumns
        let rowid = shape.isWithoutRowid ? nil : shape.rowidName
        let names = ((rowid.map { [$0] } ?? []) + columns.map(\.name)).map(\.quotedName)
        let keys = shape.rowKey.map(\.quotedName).joined(separator: ", ")
        // An index that has all columns would be read instead, and is not what is asked for. Of a WITHOUT ROWID table the
        // order says so.
        statement = try OwnStatement(
            handle,
            "SELECT \(names.joined(separator: ", ")) FROM main.\(shape.name.quotedName) NOT INDEXED"
                + range.condition(shape) + (shape.isWithoutRowid ? " ORDER BY \(keys)" : ""))
        range.bind(to: statement)
        count = columns.count
        hasRowid = rowid != nil
        values = .allocate(capacity: max(1, count))
        values.initialize(repeating: ctandem_value(), count: max(1, count))
        isReal = .allocate(capacity: max(1, count))
        isReal.initialize(repeating: 0, count: max(1, count))
        for place in 0..<count where columns[place].hasRealAffinity { isReal[place] = 1 }
    }

    deinit {
        values.deallocate()
        isReal.deallocate()
    }

    /// Adds up some rows more.
    ///
    /// - Returns: whether these were the last.
    func step(rows: Int) throws(SQLiteError) -> Bool {
        let first: Int32 = hasRowid ? 1 : 0
        for _ in 0..<rows {
            guard try statement.step() else {
                statement.reset()
                return true
            }
            for place in 0..<count {
                values[place] = statement.value(Int32(place) + first)
                bytes &+= 8 + UInt64(max(0, values[place].count))
            }
            let rowid = hasRowid ? statement.int64(0) : nil
            sum += ContentSum(rows: 1, sum: RowHash.hash(rowid: rowid, values, isReal: isReal, count: count))
        }
        return false
    }

    /// Adds up the rows that are left.
    func finish() throws(SQLiteError) {
        while try !step(rows: 4096) {}
    }

    /// Adds up all rows.
    static func sum(_ handle: OpaquePointer, _ shape: TableShape) throws(SQLiteError) -> ContentSum {
        let scan = try ContentScan(handle, shape)
        try scan.finish()
        return scan.sum
    }
}

extension TableShape {
    /// The columns whose values a row carries in the log, and whose values count in its hash.
    var valueColumns: [Column] { columns.filter { $0.isStored && !$0.isRowidAlias } }

    /// What a row's hash depends on: while it stays, a sum stays good, whatever else changes in the definition.
    var contentSignature: String {
        let columns = valueColumns.map {
            ($0.hasRealAffinity ? "r" : "v") + (isWithoutRowid && $0.isPrimaryKey ? "k" : "")
        }
        return (isWithoutRowid ? "w" : "t") + columns.joined()
    }
}

extension TableShape.Column {
    var hasRealAffinity: Bool { RowHash.isReal(declaredType: declaredType) }
}
