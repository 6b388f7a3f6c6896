import NIOCore
import PostgresWire
import TandemSQLite

extension SessionStatement {
    /// The text with its plain strings as values of these types, by their numbers.
    ///
    /// - Parameter translated: the text with them; the statement's own if nil.
    /// A date in a form that no parameter could have stays the text that it was.
    ///
    /// - Throws: ``PostgresError``: 22P02 and 22008 as for a parameter, where one cannot be read.
    func typed(
        by types: [Int: PostgresType], in translated: TranslatedSQL? = nil
    ) throws(PostgresError) -> TranslatedSQL {
        var values: [(range: Range<Int>, sql: String)] = []
        for (number, literal) in (literals?.all ?? []).enumerated() {
            guard let type = types[PlainLiterals.firstNumber + number], type.reads(plain: literal.text) else {
                continue
            }
            do throws(PostgresError) {
                let sql = try type.literal(literal.text)
                values.append((range: literal.range, sql: sql))
            } catch {
                if error.code == .invalidDatetimeFormat { continue }
                throw error.placed(
                    place.map { original.characterPosition(ofByte: $0.start + literal.range.lowerBound) })
            }
        }
        let whole =
            translated ?? place?.translated ?? TranslatedSQL([TranslatedSQL.Piece(text: sql, source: 0)])
        return values.isEmpty ? whole : whole.replacing(values)
    }
}

extension PostgresType {
    /// Whether a plain string that may be a value is one of this type: it may be stored as another text than it is
    /// written as, or as none. A column of BLOB holds texts as well, with backslashes too: bytes are what begins with `\x`.
    func reads(plain text: String) -> Bool {
        switch self {
        case .bytea: text.hasPrefix("\\x")
        case .bool, .date, .time, .timestamp, .timestamptz, .uuid: true
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
