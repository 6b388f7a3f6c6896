import CTandemSQLite
import TandemLog

extension OpaquePointer {
    /// Binds a value whose bytes stay valid until the statement has been run: nothing is copied.
    @inline(__always)
    func bind(_ value: ValueView, at index: Int32) {
        switch value {
        case .null: sqlite3_bind_null(self, index)
        case .integer(let value): sqlite3_bind_int64(self, index, value)
        case .real(let value): sqlite3_bind_double(self, index, value)
        case .text(let bytes):
            // An address of nil would bind NULL.
            let address = (bytes.baseAddress ?? emptyBytes).assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text64(self, index, address, UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
        case .blob(let bytes):
            sqlite3_bind_blob64(self, index, bytes.baseAddress ?? emptyBytes, UInt64(bytes.count), nil)
        }
    }
}
