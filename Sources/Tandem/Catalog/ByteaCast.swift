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

    /// `bytes::text`: `\x` and their digits. A text that a column of BLOB holds stays as it is.
    static func text(_ values: [DatabaseValue]) -> (any DatabaseValueConvertible)? {
        guard case .blob(let bytes) = values[0].storage else { return values[0].asText }
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "\\x" + String(decoding: text, as: UTF8.self)
    }
}
