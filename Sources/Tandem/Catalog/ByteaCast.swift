import Foundation
import GRDB
import NIOCore
import PostgresWire

/// `value::bytea`: drivers that put values into the statement's text, such as psycopg2, write bytes as `'\x…'::bytea`.
enum ByteaCast {
    /// Bytes of a text in PostgreSQL's hex or escape format; all else stays as it is.
    static func cast(_ values: [DatabaseValue]) throws -> (any DatabaseValueConvertible)? {
        guard case .string(let text) = values[0].storage else { return values[0] }
        do throws(PostgresError) {
            let value = try ParameterValue(decoding: ByteBuffer(string: text), type: .bytea, format: .text)
            guard case .bytes(let bytes) = value else { return values[0] }
            return Data(bytes.readableBytesView)
        } catch {
            throw DatabaseError(resultCode: .SQLITE_FORMAT, message: error.message)
        }
    }
}
