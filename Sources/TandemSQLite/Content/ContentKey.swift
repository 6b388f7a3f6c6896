import CTandemSQLite

/// The values of a row's key, and what they are written as: SQL literals with commas between them.
///
/// Such a text comes from clients. It is read, not pasted into SQL: the values are bound.
struct ContentKey {
    enum Part: Equatable {
        case null
        case integer(Int64)
        case real(Double)
        /// Text, in bytes as they are stored.
        case text([UInt8])
        case blob([UInt8])
    }

    var parts: [Part]

    /// The first `count` values of a statement's row.
    init(_ statement: OwnStatement, count: Int) {
        parts = (0..<count).map { Part(statement.value(Int32($0))) }
    }

    /// Binds the values from parameter `index` on.
    func bind(to statement: OwnStatement, from index: Int) {
        for (place, part) in parts.enumerated() { part.bind(to: statement.pointer, at: Int32(index + place)) }
    }
}

extension ContentKey: CustomStringConvertible {
    var description: String { parts.map(\.description).joined(separator: ", ") }
}

extension ContentKey.Part: CustomStringConvertible {
    fileprivate init(_ value: ctandem_value) {
        let bytes = UnsafeRawBufferPointer(start: value.bytes, count: value.bytes == nil ? 0 : Int(value.count))
        switch value.type {
        case SQLITE_INTEGER: self = .integer(value.integer)
        case SQLITE_FLOAT: self = .real(value.real)
        case SQLITE_TEXT: self = .text([UInt8](bytes))
        case SQLITE_BLOB: self = .blob([UInt8](bytes))
        default: self = .null
        }
    }

    fileprivate func bind(to statement: OpaquePointer, at index: Int32) {
        let isCopied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch self {
        case .null: sqlite3_bind_null(statement, index)
        case .integer(let value): sqlite3_bind_int64(statement, index, value)
        case .real(let value): sqlite3_bind_double(statement, index, value)
        case .text(let bytes):
            bytes.withUnsafeBytes { buffer in
                // An address of nil would bind NULL.
                let address = (buffer.baseAddress ?? emptyBytes).assumingMemoryBound(to: CChar.self)
                _ = sqlite3_bind_text64(
                    statement, index, address, UInt64(bytes.count), isCopied, UInt8(SQLITE_UTF8))
            }
        case .blob(let bytes):
            bytes.withUnsafeBytes { buffer in
                _ = sqlite3_bind_blob64(
                    statement, index, buffer.baseAddress ?? emptyBytes, UInt64(bytes.count), isCopied)
            }
        }
    }

    /// The value as an SQL literal. Text that cannot be one, or that is not UTF-8, is a blob that is cast.
    var description: String {
        switch self {
        case .null: return "NULL"
        case .integer(let value): return String(value)
        case .real(let value): return value.isFinite ? String(value) : value < 0 ? "-9e999" : "9e999"
        case .text(let bytes):
            guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
                return "CAST(\(Self.blob(bytes).description) AS TEXT)"
            }
            return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        case .blob(let bytes):
            let digits = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }
            return "X'" + digits.joined() + "'"
        }
    }
}
