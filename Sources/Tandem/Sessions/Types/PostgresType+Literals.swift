import NIOCore
import PostgresWire
import TandemSQLite

extension PostgresType {
    /// Whether a plain string that may be a value is one of this type: it may be stored as another text than it is
    /// written as, or as none. A column of BLOB holds texts as well, with backslashes too: bytes are what begins with `\x`.
    func reads(plain text: String) -> Bool {
        switch self {
        case .bytea: text.hasPrefix("\\x")
        case .bool, .date, .time, .timestamp, .timestamptz, .uuid: true
        case .pgLSN: LogSequenceNumber(text) != nil
        default: false
        }
    }

    /// What a parameter with this text is stored as, in SQLite's words.
    ///
    /// - Throws: ``PostgresError``, where the text means no such value.
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
