import GRDB

extension DatabaseValue {
    /// The value as SQLite's own functions read it where they want text: numbers are written out. Nil for NULL.
    var asText: String? {
        switch storage {
        case .null: nil
        case .int64(let number): String(number)
        case .double(let number): String(number)
        case .string(let text): text
        case .blob(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }
}
