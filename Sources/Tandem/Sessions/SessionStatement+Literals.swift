import NIOCore
import PostgresWire
import TandemSQLite

/// A statement's text for SQLite where its strings are the values that parameters in their places would be.
struct TypedText: Sendable {
    var sql: String
    var translated: TranslatedSQL
    /// SQLite's number of the schema that it is true of; nil if that is not known.
    var schemaVersion: Int64?
}

extension SessionStatement {
    /// The text that SQLite is given on a connection: the types of columns tell what plain strings beside them are.
    ///
    /// - Throws: ``PostgresError``: 22P02, 22007 and 22008 as for a parameter, where one cannot be read.
    func text(on connection: any StatementConnection) throws(PostgresError) -> String {
        guard let literals else { return sql }
        let version = ParameterTypes.schemaVersion(connection)
        if let known = types.typed, version != nil, known.schemaVersion == version { return known.sql }
        let translated = try typed(by: TypeAnalysis(literals.items, on: connection).parameters())
        let text = translated.text
        types.typed = TypedText(sql: text, translated: translated, schemaVersion: version)
        return text
    }

    /// The text with its plain strings as values of these types, by their numbers.
    func typed(by types: [Int: PostgresType]) throws(PostgresError) -> TranslatedSQL {
        var values: [(range: Range<Int>, sql: String)] = []
        for (number, literal) in (literals?.all ?? []).enumerated() {
            guard let type = types[PlainLiterals.firstNumber + number], type.readsPlainLiterals else { continue }
            do throws(PostgresError) {
                let sql = try type.literal(literal.text)
                values.append((range: literal.range, sql: sql))
            } catch {
                throw error.placed(
                    place.map { original.characterPosition(ofByte: $0.start + literal.range.lowerBound) })
            }
        }
        let whole = place?.translated ?? TranslatedSQL([TranslatedSQL.Piece(text: sql, source: 0)])
        return values.isEmpty ? whole : whole.replacing(values)
    }
}

extension PostgresType {
    /// Whether a value of this type may be stored as another text than it is written as, or as none.
    var readsPlainLiterals: Bool {
        switch self {
        case .bool, .bytea, .date, .time, .timestamp, .timestamptz, .uuid: true
        default: false
        }
    }

    /// What a parameter with this text is stored as, in SQLite's words.
    func literal(_ text: String) throws(PostgresError) -> String {
        let value = try ParameterValue(decoding: ByteBuffer(string: text), inferred: self, format: .text)
        return switch value {
        case .null: "NULL"
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .text(let text): "'\(String(buffer: text).replacing("'", with: "''"))'"
        case .bytes(let bytes): "X'\(bytes.hexadecimal)'"
        }
    }
}

extension ByteBuffer {
    fileprivate var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: readableBytesView.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
