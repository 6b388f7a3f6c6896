/// A column as RowDescription tells of it.
public struct ColumnDescription: Hashable, Sendable {
    public var name: String
    /// The object identifier of the column's table; 0 if it belongs to none.
    public var tableOID: UInt32
    /// The column's number in its table from 1; 0 if it belongs to none.
    public var attributeNumber: Int16
    public var type: PostgresType
    /// The type's size; see ``PostgresType/size``.
    public var typeSize: Int16
    /// The type's modifier, such as the length of varchar(n) + 4; -1 for none.
    public var typeModifier: Int32
    /// The format the values will have. Unknown, hence text, when a prepared statement is described.
    public var format: FormatCode

    public init(
        name: String, type: PostgresType, format: FormatCode = .text, tableOID: UInt32 = 0,
        attributeNumber: Int16 = 0, typeSize: Int16? = nil, typeModifier: Int32 = -1
    ) {
        self.name = name
        self.tableOID = tableOID
        self.attributeNumber = attributeNumber
        self.type = type
        self.typeSize = typeSize ?? type.size
        self.typeModifier = typeModifier
        self.format = format
    }
}
