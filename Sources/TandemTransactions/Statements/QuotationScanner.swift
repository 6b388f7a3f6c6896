/// Follows a statement's text to tell what stands inside of a string literal, a quoted name or a comment.
///
/// The engines do not agree on all of SQL's quotation. Where the text has what only some of them take for one (backslashes
/// in strings, `$tag$`, `[name]`, `#`), the scanner says no more.
struct QuotationScanner {
    enum Place: Sendable, Hashable {
        case plain
        /// `'…'`
        case string
        /// `"…"` or `` `…` ``
        case name(UInt8)
        /// From `--` to the end of the line.
        case lineComment
        /// `/*…*/`
        case comment
        /// Nobody knows.
        case unknown
    }

    private(set) var place = Place.plain
    private var previous: UInt8 = 0

    /// - Complexity: O(length of the text).
    mutating func read(_ text: String) {
        for byte in text.utf8 {
            read(byte)
            if place == .unknown { return }
        }
    }

    /// Something stands between two texts that is neither.
    mutating func readOther() { previous = 0 }

    mutating func read(_ byte: UInt8) {
        // A quote that is doubled ends its string and begins another, which comes to the same.
        switch place {
        case .plain: begin(byte)
        case .string:
            if byte == UInt8(ascii: "\\") { place = .unknown }
            if byte == UInt8(ascii: "'") { place = .plain }
        case .name(let quote): if byte == quote { place = .plain }
        case .lineComment: if byte == UInt8(ascii: "\n") { place = .plain }
        case .comment:
            if byte == UInt8(ascii: "/"), previous == UInt8(ascii: "*") { place = .plain }
            // Comments within comments end where the engine likes.
            if byte == UInt8(ascii: "*"), previous == UInt8(ascii: "/") { place = .unknown }
        case .unknown: break
        }
        previous = byte
    }

    private mutating func begin(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "'"): place = .string
        case UInt8(ascii: "\""), UInt8(ascii: "`"): place = .name(byte)
        case UInt8(ascii: "-") where previous == byte: place = .lineComment
        case UInt8(ascii: "*") where previous == UInt8(ascii: "/"): place = .comment
        case UInt8(ascii: "#"), UInt8(ascii: "["), UInt8(ascii: "$"): place = .unknown
        default: break
        }
    }
}
