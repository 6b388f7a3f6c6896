import NIOCore
import PostgresWire

extension ParameterValue {
    /// Reads a value whose type is that of its place, which nobody has given it.
    ///
    /// - Throws: ``PostgresError`` as `init(decoding:type:format:)`.
    init(decoding bytes: ByteBuffer?, inferred type: PostgresType, format: FormatCode) throws(PostgresError) {
        do {
            try self.init(decoding: bytes, type: type, format: format)
        } catch {
            // A number is a time for SQLite, too: seconds or a Julian day. Only who says that it is a timestamp means one.
            guard type.isDatetime, format == .text, let bytes, let number = Double(String(buffer: bytes)),
                number.isFinite
            else { throw error }
            self = Int64(exactly: number).map { .integer($0) } ?? .real(number)
        }
    }
}
