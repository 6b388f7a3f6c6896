import GRDB
import NIOCore
import PostgresWire

/// `value::uuid`: all spellings that PostgreSQL takes are one text here, so that equal UUIDs are equal, and none of digits
/// alone becomes a number in a column of that type.
enum UUIDCast {
    /// The 36 characters of the UUID that a text means. Bytes stay as they are: a column may hold UUIDs as such.
    static func cast(_ values: [DatabaseValue]) throws -> (any DatabaseValueConvertible)? {
        if case .blob = values[0].storage { return values[0] }
        guard let text = values[0].asText else { return nil }
        guard
            case .text(let uuid)? = try? ParameterValue(decoding: ByteBuffer(string: text), type: .uuid, format: .text)
        else {
            throw DatabaseError(
                resultCode: .SQLITE_FORMAT, message: "invalid input syntax for type uuid: \"\(text)\"")
        }
        return String(buffer: uuid)
    }
}
