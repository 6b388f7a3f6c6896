/// The words that a statement begins with, in lower case, behind white space, brackets, semicolons and comments.
package struct LeadingWords: IteratorProtocol {
    private var rest: Substring.UTF8View

    package init(_ text: String) { rest = Substring(text).utf8 }

    /// The next word; nil before anything that is none.
    package mutating func next() -> String? {
        skip()
        let word = letters
        rest = rest.dropFirst(word.count)
        return word.isEmpty ? nil : String(decoding: word.lazy.map { $0 | 0x20 }, as: UTF8.self)
    }

    /// The letters of the first word, as they are; empty before anything that is none.
    package static func first(of text: String) -> Substring.UTF8View {
        var words = LeadingWords(text)
        words.skip()
        return words.letters
    }

    private var letters: Substring.UTF8View { rest.prefix { Self.isLetter($0 | 0x20) } }

    /// Whether a byte, in lower case, is a letter of a word.
    static func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }

    private mutating func skip() {
        while let byte = rest.first {
            if byte <= 0x20 || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ";") {
                rest.removeFirst()
            } else if byte == UInt8(ascii: "#") || rest.starts(with: "--".utf8) {
                rest = rest.drop { $0 != UInt8(ascii: "\n") }
            } else if rest.starts(with: "/*".utf8) {
                skipComment()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() {
        rest = rest.dropFirst(2)
        while !rest.isEmpty, !rest.starts(with: "*/".utf8) { rest.removeFirst() }
        rest = rest.dropFirst(2)
    }
}
