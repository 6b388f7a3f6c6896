import PostgresWire

/// Quotes and comments of PostgreSQL that SQLite reads in another way ("PostgreSQL 17", 4.1): `$tag$…$tag$`, `U&'…'` and
/// `U&"…"` with UESCAPE, comments within comments.
///
/// They are written as SQLite has them before anything else looks at a text, as long as they were, so that the places in
/// errors stay; only a string with more than two quotes in it becomes longer. What has no end stays as it is.
///
/// - Complexity: O(length of the text).
struct ForeignQuotes {
    private let text: [UInt8]
    private var place = 0
    private var plain: [UInt8] = []

    private init(_ text: [UInt8]) {
        self.text = text
        plain.reserveCapacity(text.count)
    }

    /// Whether a text has something that may be one of them. Most have not, and are looked at once.
    static func mayBe(in text: UnsafeBufferPointer<UInt8>) -> Bool {
        var comment: Int?
        for (place, byte) in text.enumerated() where place + 1 < text.count {
            switch byte {
            // Not `$1`, and no path of JSON.
            case UInt8(ascii: "$"): if isWord(text[place + 1]), !isDigit(text[place + 1]) { return true }
            case UInt8(ascii: "&"): if isQuote(text[place + 1]) { return true }
            case UInt8(ascii: "/") where text[place + 1] == UInt8(ascii: "*"):
                if comment != nil { return true }
                comment = place
            case UInt8(ascii: "*") where text[place + 1] == UInt8(ascii: "/"):
                if let start = comment, place > start + 1 { comment = nil }
            default: continue
            }
        }
        return false
    }

    /// The text as SQLite has it.
    ///
    /// - Throws: ``PostgresError``: 42601 where an escape stands for no character.
    static func plain(_ source: String) throws(PostgresError) -> String {
        var quotes = ForeignQuotes(Array(source.utf8))
        return try quotes.rewrite() ? String(decoding: quotes.plain, as: UTF8.self) : source
    }

    /// - Returns: false if something has no end.
    private mutating func rewrite() throws(PostgresError) -> Bool {
        while place < text.count {
            let byte = text[place]
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
                guard let end = end(ofQuoted: byte, from: place + 1) else { return false }
                keep(to: end)
            case UInt8(ascii: "["):
                // A name in SQLite's brackets, but for a subscript or an array.
                let isBehindWord = place > 0 && (Self.isWord(text[place - 1]) || text[place - 1] == UInt8(ascii: "]"))
                guard let end = isBehindWord ? place : text[place...].firstIndex(of: UInt8(ascii: "]")) else {
                    return false
                }
                keep(to: end + 1)
            case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
                keep(to: text[place...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count)
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): guard comment() else { return false }
            case UInt8(ascii: "$") where !Self.isDigit(peek(1)): guard dollarQuoted() else { return false }
            case UInt8(ascii: "u") where isUnicode, UInt8(ascii: "U") where isUnicode:
                guard try unicodeQuoted() else { return false }
            default:
                let end = Self.isWord(byte) ? text[place...].firstIndex { !Self.isWord($0) } ?? text.count : place + 1
                keep(to: end)
            }
        }
        return true
    }

    private func peek(_ ahead: Int) -> UInt8 { place + ahead < text.count ? text[place + ahead] : 0 }

    private mutating func keep(to end: Int) {
        plain += text[place..<end]
        place = end
    }

    /// Where something in quotes ends, whose content begins at `start`; nil if it does not. A doubled quote is one of it.
    private func end(ofQuoted quote: UInt8, from start: Int) -> Int? {
        var place = start
        while place < text.count {
            if text[place] == quote {
                guard place + 1 < text.count, text[place + 1] == quote else { return place + 1 }
                place += 1
            }
            place += 1
        }
        return nil
    }

    /// A comment, with spaces for those within it.
    private mutating func comment() -> Bool {
        var depth = 0
        let start = place
        while place + 1 < text.count {
            switch (text[place], text[place + 1]) {
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                depth += 1
                plain += depth == 1 ? text[place..<place + 2] : [0x20, 0x20]
            case (UInt8(ascii: "*"), UInt8(ascii: "/")) where place > start + 1:
                depth -= 1
                plain += depth == 0 ? text[place..<place + 2] : [0x20, 0x20]
            default:
                plain.append(text[place])
                place += 1
                continue
            }
            place += 2
            if depth == 0 { return true }
        }
        return false
    }

    /// `$tag$…$tag$`, or a parameter of SQLite's that has a name.
    private mutating func dollarQuoted() -> Bool {
        var end = place + 1
        while end < text.count, Self.isWord(text[end]), text[end] != UInt8(ascii: "$") { end += 1 }
        guard end < text.count, text[end] == UInt8(ascii: "$") else {
            keep(to: end)
            return true
        }
        let tag = text[place...end]
        var close = end + 1
        while close + tag.count <= text.count {
            // There is no dollar inside of a tag, so that nothing is compared twice.
            if text[close] == UInt8(ascii: "$"), text[close..<close + tag.count].elementsEqual(tag) {
                replace(to: close + tag.count, by: text[(end + 1)..<close], in: UInt8(ascii: "'"))
                return true
            }
            close += 1
        }
        return false
    }

    /// Writes something in quotes in place of what stands up to `end`.
    private mutating func replace(to end: Int, by content: some Sequence<UInt8>, in quote: UInt8) {
        let start = plain.count
        plain.append(quote)
        for byte in content {
            plain.append(byte)
            if byte == quote { plain.append(quote) }
        }
        plain.append(quote)
        let missing = Self.length(text[place..<end]) - Self.length(plain[start...])
        if missing > 0 { plain += repeatElement(0x20, count: missing) }
        place = end
    }

    /// How many characters bytes are.
    private static func length(_ bytes: ArraySlice<UInt8>) -> Int { bytes.count(where: { $0 & 0xC0 != 0x80 }) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || isDigit(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

// MARK: U&'…'

extension ForeignQuotes {
    private var isUnicode: Bool { peek(1) == UInt8(ascii: "&") && Self.isQuote(peek(2)) }

    private mutating func unicodeQuoted() throws(PostgresError) -> Bool {
        let quote = peek(2)
        guard let close = end(ofQuoted: quote, from: place + 3) else { return false }
        var end = close
        let escape = try uescape(&end)
        var content: [UInt8] = []
        var next = place + 3
        while next < close - 1 {
            if text[next] == escape {
                let character = try Self.character(text[next..<(close - 1)], &next)
                content += String(character).utf8
            } else {
                content.append(text[next])
                // Of a doubled quote only one: they are doubled where it is written.
                next += text[next] == quote ? 2 : 1
            }
        }
        replace(to: end, by: content, in: quote)
        return true
    }

    /// The character behind UESCAPE, if that follows; else a backslash.
    private func uescape(_ end: inout Int) throws(PostgresError) -> UInt8 {
        func skipSpace(_ start: Int) -> Int { text[start...].firstIndex { !Self.isSpace($0) } ?? text.count }
        let word = skipSpace(end)
        guard text[word...].prefix(7).map({ $0 | 0x20 }).elementsEqual("uescape".utf8) else {
            return UInt8(ascii: "\\")
        }
        let string = skipSpace(word + 7)
        guard string + 2 < text.count, text[string] == UInt8(ascii: "'"), text[string + 2] == UInt8(ascii: "'"),
            Self.mayEscape(text[string + 1])
        else { throw PostgresError(code: .syntaxError, message: "invalid Unicode escape character") }
        end = string + 3
        return text[string + 1]
    }

    private static func mayEscape(_ byte: UInt8) -> Bool {
        byte < 0x80 && !isDigit(byte) && !(UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
            && byte != UInt8(ascii: "+") && !isQuote(byte) && !isSpace(byte)
    }

    /// The character that an escape at the beginning of `rest` stands for; `next` goes behind it.
    private static func character(
        _ rest: ArraySlice<UInt8>, _ next: inout Int
    ) throws(PostgresError) -> Unicode.Scalar {
        let escape = rest[rest.startIndex]
        if rest.dropFirst().first == escape {
            next += 2
            return Unicode.Scalar(escape)
        }
        let first = try number(rest)
        var value = first.value
        next += first.length
        if (0xD800..<0xDC00).contains(value) {
            let behind = rest.dropFirst(first.length)
            guard behind.first == escape else { throw invalid("invalid Unicode surrogate pair") }
            let second = try number(behind)
            guard (0xDC00..<0xE000).contains(second.value) else { throw invalid("invalid Unicode surrogate pair") }
            next += second.length
            value = 0x10000 + ((value - 0xD800) << 10) + (second.value - 0xDC00)
        }
        guard value != 0, let scalar = Unicode.Scalar(value) else { throw invalid("invalid Unicode escape value") }
        return scalar
    }

    /// `\XXXX` or `\+XXXXXX`, and how many bytes it has.
    private static func number(_ rest: ArraySlice<UInt8>) throws(PostgresError) -> (value: UInt32, length: Int) {
        let isLong = rest.dropFirst().first == UInt8(ascii: "+")
        let count = isLong ? 6 : 4
        let digits = rest.dropFirst(isLong ? 2 : 1).prefix(count)
        guard digits.count == count, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw invalid("invalid Unicode escape") }
        return (value, count + (isLong ? 2 : 1))
    }

    private static func invalid(_ message: String) -> PostgresError {
        PostgresError(
            code: .syntaxError, message: message, hint: "Unicode escapes must be \\XXXX or \\+XXXXXX.")
    }
}
