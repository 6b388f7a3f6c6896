import PostgresWire

extension PostgresType {
    /// The type a cast names; `text` for one that is not known here.
    init(cast name: String) {
        let base = name.prefix { $0 != "(" }.trimmed
        switch base {
        case "int", "int4", "integer": self = .int4
        case "int2", "smallint": self = .int2
        case "int8", "bigint": self = .int8
        case "float4", "real": self = .float4
        case "float", "float8", "double precision", "double": self = .float8
        case "numeric", "decimal": self = .numeric
        case "text", "name", "regclass", "regtype", "regproc": self = .text
        case "char", "bpchar", "character", "varchar", "character varying": self = .varchar
        case "oid": self = .oid
        case "interval": self = .interval
        case _ where base.hasSuffix("[]"):
            // Those of several dimensions are of the same type.
            var element = base[...]
            while element.hasSuffix("[]") { element.removeLast(2) }
            self = PostgresType(cast: String(element)).array
        default: self = PostgresType(declaredAs: name)
        }
    }

    /// The type of an expression that SQLite's CAST makes: only what it really makes.
    init?(sqliteCast name: String) {
        switch DeclaredType(name) {
        case .integer: self = .int8
        case .real: self = .float8
        case .numeric: self = .numeric
        case .text, .variableText: self = .text
        case .bytes: self = .bytea
        case .boolean, .date, .time, .timestamp, .timestampWithZone, .uuid, .json, .binaryJSON, .interval, .logPosition:
            self = PostgresType(cast: name)
        }
    }

    var isInteger: Bool { [.int2, .int4, .int8].contains(self) }
    var isFloat: Bool { [.float4, .float8].contains(self) }
    var isNumber: Bool { isInteger || isFloat || self == .numeric }
    var isDatetime: Bool { [.date, .time, .timestamp, .timestamptz].contains(self) }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
