/// A type as the protocol names it: by its object identifier in PostgreSQL's catalogue `pg_type`.
public struct PostgresType: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(oid: UInt32) { rawValue = oid }

    public var oid: UInt32 { rawValue }

    /// 0: the client leaves the type to the server.
    public static let unspecified = PostgresType(oid: 0)
    public static let bool = PostgresType(oid: 16)
    public static let bytea = PostgresType(oid: 17)
    /// `"char"`: one byte.
    public static let char = PostgresType(oid: 18)
    public static let name = PostgresType(oid: 19)
    public static let int8 = PostgresType(oid: 20)
    public static let int2 = PostgresType(oid: 21)
    public static let int4 = PostgresType(oid: 23)
    public static let text = PostgresType(oid: 25)
    public static let oid = PostgresType(oid: 26)
    public static let json = PostgresType(oid: 114)
    public static let float4 = PostgresType(oid: 700)
    public static let float8 = PostgresType(oid: 701)
    /// A literal whose type nobody has decided.
    public static let unknown = PostgresType(oid: 705)
    public static let bpchar = PostgresType(oid: 1042)
    public static let varchar = PostgresType(oid: 1043)
    public static let date = PostgresType(oid: 1082)
    public static let time = PostgresType(oid: 1083)
    public static let timestamp = PostgresType(oid: 1114)
    public static let timestamptz = PostgresType(oid: 1184)
    public static let interval = PostgresType(oid: 1186)
    public static let numeric = PostgresType(oid: 1700)
    public static let uuid = PostgresType(oid: 2950)
    /// A position in the log, as `16/B374D848`.
    public static let pgLSN = PostgresType(oid: 3220)
    public static let jsonb = PostgresType(oid: 3802)

    /// The type's size in bytes as RowDescription gives it; -1 for a varying one.
    public var size: Int16 {
        switch self {
        case .bool, .char: 1
        case .int2: 2
        case .int4, .float4, .oid, .date: 4
        case .int8, .float8, .time, .timestamp, .timestamptz, .pgLSN: 8
        case .uuid, .interval: 16
        case .name: 64
        case .unknown: -2
        default: -1
        }
    }

    /// Whether its values are moments, or days, of a calendar.
    var isMoment: Bool { self == .timestamp || self == .timestamptz || self == .date }

    /// Whether the binary form is the text itself.
    var isTextual: Bool {
        switch self {
        case .text, .varchar, .bpchar, .name, .json, .unknown, .unspecified: true
        default: false
        }
    }
}

extension PostgresType: CustomStringConvertible {
    /// The type's name in PostgreSQL's catalogue, or its number if this module does not know it.
    public var description: String {
        switch self {
        case .unspecified: "unspecified"
        case .bool: "bool"
        case .bytea: "bytea"
        case .char: "\"char\""
        case .name: "name"
        case .int8: "int8"
        case .int2: "int2"
        case .int4: "int4"
        case .text: "text"
        case .oid: "oid"
        case .json: "json"
        case .float4: "float4"
        case .float8: "float8"
        case .unknown: "unknown"
        case .bpchar: "bpchar"
        case .varchar: "varchar"
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .timestamptz: "timestamptz"
        case .interval: "interval"
        case .numeric: "numeric"
        case .uuid: "uuid"
        case .pgLSN: "pg_lsn"
        case .jsonb: "jsonb"
        default: "type \(rawValue)"
        }
    }
}
