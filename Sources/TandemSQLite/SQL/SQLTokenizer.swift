/// Splits SQL text in UTF-8 into the tokens that SQLite sees; white space and comments are skipped.
///
/// It follows SQLite's own rules (`tokenize.c`) in what is a comment, a string, a quoted name and a parameter, so that
/// what is inside of one is never taken for a keyword. Takes no memory.
///
/// - Complexity: O(length of the text) for all tokens.
public struct SQLTokenizer: Sequence, IteratorProtocol {
    private let text: UnsafeBufferPointer<UInt8>
    /// Where the next token, or what is to be skipped before it, begins.
    public private(set) var offset: Int

    /// - Parameter text: must stay valid as long as the tokenizer is used.
    public init(_ text: UnsafeBufferPointer<UInt8>, from offset: Int = 0) {
        self.text = text
        self.offset = offset
    }

    /// The next token; nil at the end.
    public mutating func next() -> SQLToken? {
        while let byte = peek() {
            if byte.isSQLSpace {
                offset += 1
            } else if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
                skipLineComment()
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                skipBlockComment()
            } else {
                return token(byte)
            }
        }
        return nil
    }

    private func peek(_ ahead: Int = 0) -> UInt8? {
        offset + ahead < text.count ? text[offset + ahead] : nil
    }

    private mutating func skipLineComment() {
        while let byte = peek(), byte != UInt8(ascii: "\n") { offset += 1 }
    }

    /// A comment that does not end reaches to the end of the text, as in SQLite.
    private mutating func skipBlockComment() {
        offset += 2
        while let byte = peek() {
            offset += 1
            if byte == UInt8(ascii: "*"), peek() == UInt8(ascii: "/") {
                offset += 1
                return
            }
        }
    }

    private mutating func token(_ first: UInt8) -> SQLToken {
        let start = offset
        let kind: SQLToken.Kind
        switch first {
        case UInt8(ascii: ";"):
            offset += 1
            kind = .semicolon
        case UInt8(ascii: "'"): kind = skipQuoted(by: first) ? .string : .malformed
        case UInt8(ascii: "\""), UInt8(ascii: "`"): kind = skipQuoted(by: first) ? .quotedName : .malformed
        case UInt8(ascii: "["): kind = skipBracketed() ? .quotedName : .malformed
        case UInt8(ascii: "x"), UInt8(ascii: "X"): kind = peek(1) == UInt8(ascii: "'") ? skipBlob() : skipWord()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): kind = skipNumber()
        case UInt8(ascii: "."): kind = peek(1)?.isDigit == true ? skipNumber() : skipSymbol(first)
        case UInt8(ascii: "?"): kind = skipNumberedParameter()
        case UInt8(ascii: "$"), UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: "#"): kind = skipNamedParameter()
        default: kind = first.isSQLWordStart ? skipWord() : skipSymbol(first)
        }
        return SQLToken(kind: kind, range: start..<offset)
    }

    private mutating func skipWord() -> SQLToken.Kind {
        while let byte = peek(), byte.isSQLWord { offset += 1 }
        return .word
    }

    /// A doubled quote stands for one of itself.
    private mutating func skipQuoted(by quote: UInt8) -> Bool {
        offset += 1
        while let byte = peek() {
            offset += 1
            if byte == quote {
                guard peek() == quote else { return true }
                offset += 1
            }
        }
        return false
    }

    private mutating func skipBracketed() -> Bool {
        while let byte = peek() {
            offset += 1
            if byte == UInt8(ascii: "]") { return true }
        }
        return false
    }

    private mutating func skipBlob() -> SQLToken.Kind {
        let start = offset
        offset += 2
        while let byte = peek(), byte.isHexDigit { offset += 1 }
        let digits = offset - start - 2
        if peek() == UInt8(ascii: "'"), digits % 2 == 0 {
            offset += 1
            return .blob
        }
        while let byte = peek(), byte != UInt8(ascii: "'") { offset += 1 }
        if peek() != nil { offset += 1 }
        return .malformed
    }

    private mutating func skipNumber() -> SQLToken.Kind {
        if peek() == UInt8(ascii: "0"), peek(1) == UInt8(ascii: "x") || peek(1) == UInt8(ascii: "X"),
            peek(2)?.isHexDigit == true
        {
            offset += 3
            while let byte = peek(), byte.isHexDigit { offset += 1 }
        } else {
            skipDecimal()
        }
        guard peek()?.isSQLWord == true else { return .number }
        while let byte = peek(), byte.isSQLWord { offset += 1 }
        return .malformed
    }

    private mutating func skipDecimal() {
        while peek()?.isDigit == true { offset += 1 }
        if peek() == UInt8(ascii: ".") {
            offset += 1
            while peek()?.isDigit == true { offset += 1 }
        }
        guard peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") else { return }
        let signed = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
        guard peek(signed ? 2 : 1)?.isDigit == true else { return }
        offset += signed ? 2 : 1
        while peek()?.isDigit == true { offset += 1 }
    }

    private mutating func skipNumberedParameter() -> SQLToken.Kind {
        offset += 1
        while peek()?.isDigit == true { offset += 1 }
        return .parameter
    }

    private mutating func skipNamedParameter() -> SQLToken.Kind {
        let isColon = peek() == UInt8(ascii: ":")
        offset += 1
        let start = offset
        while let byte = peek() {
            if byte.isSQLWord {
                offset += 1
            } else if byte == UInt8(ascii: ":"), peek(1) == UInt8(ascii: ":"), offset > start {
                offset += 2  // SQLite lets the names of Tcl's namespaces through.
            } else {
                break
            }
        }
        if offset > start { return .parameter }
        return isColon ? .symbol : .malformed
    }

    private mutating func skipSymbol(_ first: UInt8) -> SQLToken.Kind {
        offset += 1
        guard let second = peek() else { return first.isSQLSymbol ? .symbol : .malformed }
        switch (first, second) {
        case (UInt8(ascii: "-"), UInt8(ascii: ">")):
            offset += peek(1) == UInt8(ascii: ">") ? 2 : 1
        case (UInt8(ascii: "="), UInt8(ascii: "=")), (UInt8(ascii: "<"), UInt8(ascii: "=")),
            (UInt8(ascii: "<"), UInt8(ascii: ">")), (UInt8(ascii: "<"), UInt8(ascii: "<")),
            (UInt8(ascii: ">"), UInt8(ascii: "=")), (UInt8(ascii: ">"), UInt8(ascii: ">")),
            (UInt8(ascii: "!"), UInt8(ascii: "=")), (UInt8(ascii: "|"), UInt8(ascii: "|")):
            offset += 1
        default: return first.isSQLSymbol ? .symbol : .malformed
        }
        return .symbol
    }
}

extension UInt8 {
    var isSQLSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) && self != 0x0B }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isHexDigit: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }
    var isSQLWordStart: Bool {
        self >= 0x80 || self == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
    var isSQLWord: Bool { isSQLWordStart || isDigit || self == UInt8(ascii: "$") }
    fileprivate var isSQLSymbol: Bool {
        switch self {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "%"), UInt8(ascii: "="),
            UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "|"), UInt8(ascii: "&"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
