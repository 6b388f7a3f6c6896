extension PostgresType {
    /// The arrays of the types of this module, by their elements.
    private static let arrays: [PostgresType: PostgresType] = [
        .bool: .init(oid: 1000), .bytea: .init(oid: 1001), .name: .init(oid: 1003), .int2: .init(oid: 1005),
        .int4: .init(oid: 1007), .text: .init(oid: 1009), .bpchar: .init(oid: 1014), .varchar: .init(oid: 1015),
        .int8: .init(oid: 1016), .float4: .init(oid: 1021), .float8: .init(oid: 1022), .oid: .init(oid: 1028),
        .timestamp: .init(oid: 1115), .date: .init(oid: 1182), .time: .init(oid: 1183), .timestamptz: .init(oid: 1185),
        .interval: .init(oid: 1187), .numeric: .init(oid: 1231), .uuid: .init(oid: 2951), .json: .init(oid: 199),
        .jsonb: .init(oid: 3807),
    ]
    private static let allArrays = Set(arrays.values)
    private static let elements = Dictionary(arrays.map { ($0.value, $0.key) }) { first, _ in first }

    /// The type of an array of this one; that of text for a type this module does not know.
    public var array: PostgresType { Self.arrays[self] ?? .init(oid: 1009) }

    /// The type of an array's elements; nil for one that is no array. The vectors of the catalogue are arrays, too.
    public var element: PostgresType? {
        switch rawValue {
        case 22: .int2
        case 30: .oid
        default: Self.elements[self]
        }
    }

    /// Whether it is an array, which SQLite has not.
    public var isArray: Bool { Self.allArrays.contains(self) }
}
