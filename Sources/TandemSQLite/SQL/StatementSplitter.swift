/// Finds the statements in a text that holds several, where SQLite would find their ends.
public struct StatementSplitter: Sequence, IteratorProtocol {
    private let text: UnsafeBufferPointer<UInt8>
    private var tokenizer: SQLTokenizer

    /// - Parameter text: must stay valid as long as the splitter is used.
    public init(_ text: UnsafeBufferPointer<UInt8>, from offset: Int = 0) {
        self.text = text
        tokenizer = SQLTokenizer(text, from: offset)
    }

    /// The bytes of the next statement without its semicolon; nil at the end. Empty statements are skipped.
    ///
    /// The semicolons inside of CREATE TRIGGER … BEGIN … END do not end it.
    public mutating func next() -> Range<Int>? {
        var first: SQLToken?
        var last: SQLToken?
        var isTrigger = false
        var words = 0
        var depth = 0
        while let token = tokenizer.next() {
            guard token.kind != .semicolon else {
                if let first, let last, depth == 0 { return first.range.lowerBound..<last.range.upperBound }
                continue
            }
            words += 1
            if first == nil { first = token }
            last = token
            if words <= 3, isKeyword(token, "trigger"), let first, isKeyword(first, "create") { isTrigger = true }
            if isTrigger { depth += change(in: token, depth) }
        }
        guard let first, let last else { return nil }
        return first.range.lowerBound..<last.range.upperBound
    }

    /// BEGIN opens a trigger's body; CASE and END nest inside of it.
    private func change(in token: SQLToken, _ depth: Int) -> Int {
        if depth == 0 { return isKeyword(token, "begin") ? 1 : 0 }
        if isKeyword(token, "case") { return 1 }
        return isKeyword(token, "end") ? -1 : 0
    }

    private func isKeyword(_ token: SQLToken, _ keyword: StaticString) -> Bool {
        guard token.kind == .word, token.range.count == keyword.utf8CodeUnitCount else { return false }
        return token.range.enumerated().allSatisfy { text[$1] | 0x20 == keyword.utf8Start[$0] }
    }
}
