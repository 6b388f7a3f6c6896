/// What the log says about a table, so that the changes after it can be read without the database.
///
/// A definition is in force from its place to the next definition with the same number, or to the next record that
/// begins a segment, whichever comes first.
public struct TableDefinition: Hashable, Sendable {
    /// How the table's rows are found again.
    public enum Kind: UInt8, Sendable {
        /// By rowid.
        case rowid = 0
        /// By primary key: a WITHOUT ROWID table.
        case withoutRowid = 1
    }

    /// A stored column. Generated columns that are computed or stored by SQLite itself are left out.
    public struct Column: Hashable, Sendable {
        public var name: String
        /// The type as declared; empty if there was none.
        public var declaredType: String
        /// Part of the primary key of a WITHOUT ROWID table.
        public var isPrimaryKey: Bool
        /// An INTEGER PRIMARY KEY: another name of the rowid, hence not repeated among a row's values.
        public var isRowidAlias: Bool

        public init(name: String, declaredType: String = "", isPrimaryKey: Bool = false, isRowidAlias: Bool = false) {
            self.name = name
            self.declaredType = declaredType
            self.isPrimaryKey = isPrimaryKey
            self.isRowidAlias = isRowidAlias
        }
    }

    /// SQLite's own limit on the columns of a table.
    public static let maximumColumns = 32_767
    /// The largest table number; numbers are given out from 1 in each segment.
    public static let maximumNumber: UInt32 = 1 << 20

    /// From 1 to ``maximumNumber``.
    public var number: UInt32
    public var name: String
    public var kind: Kind
    public var columns: [Column]

    public init(number: UInt32, name: String, kind: Kind, columns: [Column]) {
        self.number = number
        self.name = name
        self.kind = kind
        self.columns = columns
    }

    /// The columns whose values a row carries, in order: all but an alias of the rowid.
    public var valueColumns: [Column] { columns.filter { !$0.isRowidAlias } }
}

extension TableDefinition {
    /// Decodes what follows the change code 1.
    init(from reader: inout ByteReader) throws(Malformation) {
        let number = try reader.readVarint()
        guard number >= 1, number <= UInt64(Self.maximumNumber) else { throw .tableNumber }
        guard let kind = Kind(rawValue: try reader.readByte()) else { throw .unknownFlag }
        let name = try reader.readString()
        let count = try reader.readVarint()
        guard count >= 1, count <= UInt64(Self.maximumColumns) else { throw .columnCount }
        // A column takes three bytes at least: a count that cannot be there allocates nothing.
        guard count <= UInt64(reader.remaining / 3) else { throw .truncated }
        var columns: [Column] = []
        columns.reserveCapacity(Int(count))
        for _ in 0..<count {
            let flags = try reader.readByte()
            guard flags <= 3 else { throw .unknownFlag }
            let name = try reader.readString()
            columns.append(
                Column(
                    name: name, declaredType: try reader.readString(), isPrimaryKey: flags & 1 != 0,
                    isRowidAlias: flags & 2 != 0))
        }
        self.init(number: UInt32(number), name: name, kind: kind, columns: columns)
    }
}
