import PostgresWire
import TandemSQLite

/// Goes through the words of one statement: keywords and names in lower case, punctuation as it is.
struct WordCursor {
    private let text: String
    private let tokens: ArraySlice<SQLToken>
    private var place: Int

    init(_ text: String, _ tokens: ArraySlice<SQLToken>) {
        self.text = text
        self.tokens = tokens
        place = tokens.startIndex
    }

    /// The next word, which is left where it is; nil at the end.
    var peek: String? {
        guard place < tokens.endIndex, tokens[place].kind != .semicolon else { return nil }
        return word(tokens[place])
    }

    mutating func next() -> String? {
        defer { advance() }
        return peek
    }

    mutating func advance() { place = min(place + 1, tokens.endIndex) }

    /// Goes past the next word if it is this one.
    @discardableResult
    mutating func skip(_ expected: String) -> Bool {
        guard peek == expected else { return false }
        advance()
        return true
    }

    /// Goes past TRANSACTION or WORK.
    mutating func skipTransactionWord() {
        advance()
        if !skip("transaction") { skip("work") }
    }

    /// A name, unquoted: of a savepoint, a prepared statement.
    mutating func name() throws(PostgresError) -> String {
        guard place < tokens.endIndex else { throw syntaxError() }
        let token = tokens[place]
        switch token.kind {
        case .word:
            defer { advance() }
            return word(token)
        case .quotedName, .string:
            defer { advance() }
            return Self.unquoted(source(token))
        default: throw syntaxError()
        }
    }

    /// The name that the statement ends with.
    mutating func lastName() throws(PostgresError) -> String {
        try last { words throws(PostgresError) in try words.name() }
    }

    /// What `body` reads; nothing may follow it.
    mutating func last<Result>(
        _ body: (inout WordCursor) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        let result = try body(&self)
        guard peek == nil else { throw syntaxError() }
        return result
    }

    /// Goes past an opening parenthesis, what it encloses and the closing one.
    ///
    /// - Returns: the bytes between the two.
    mutating func parenthesized() throws(PostgresError) -> Range<Int> {
        guard peek == "(" else { throw syntaxError() }
        let start = tokens[place].range.upperBound
        var depth = 0
        while let word = peek {
            if word == "(" { depth += 1 }
            if word == ")" { depth -= 1 }
            let end = tokens[place].range.lowerBound
            advance()
            if depth == 0 { return start..<end }
        }
        throw syntaxError()
    }

    /// What is left of the text.
    var rest: String {
        guard place < tokens.endIndex else { return "" }
        return text.bytes(tokens[place].range.lowerBound..<tokens[tokens.endIndex - 1].range.upperBound)
    }

    /// The text of these bytes.
    func text(_ range: Range<Int>) -> String { text.bytes(range) }

    /// `(name, name, …)`
    mutating func names() throws(PostgresError) -> [String] {
        guard skip("(") else { throw syntaxError() }
        var names = [try name()]
        while skip(",") { names.append(try name()) }
        guard skip(")") else { throw syntaxError() }
        return names
    }

    /// Whether nothing stands behind the next word.
    var isLast: Bool {
        var ahead = self
        ahead.advance()
        return ahead.peek == nil
    }

    /// Whether the word behind the next one is one of these.
    func isFollowed(byAnyOf words: [String]) -> Bool {
        var ahead = self
        ahead.advance()
        return ahead.peek.map(words.contains) ?? true
    }

    /// Goes past a string.
    ///
    /// - Returns: its content; nil if there is none here.
    mutating func string() -> String? {
        guard place < tokens.endIndex, tokens[place].kind == .string else { return nil }
        defer { advance() }
        return Self.unquoted(source(tokens[place]))
    }

    /// Whether a string, or a word or number without quotes, stands here.
    var isAtValue: Bool {
        guard place < tokens.endIndex else { return false }
        switch tokens[place].kind {
        case .word, .string, .number, .quotedName: return true
        case .blob, .parameter, .symbol, .semicolon, .malformed: return false
        }
    }

    /// A setting's name, which may have dots, or the words SHOW knows.
    mutating func settingName() throws(PostgresError) -> String {
        var name = try name()
        if name == "transaction", skip("isolation") {
            skip("level")
            return "transaction_isolation"
        }
        if name == "time", skip("zone") { return "TimeZone" }
        if name == "session", skip("authorization") { return "session_authorization" }
        while skip(".") { name += "." + (try self.name()) }
        return name
    }

    /// A setting's new value: everything up to the end, strings without their quotes.
    mutating func value() -> String {
        var parts: [String] = []
        while place < tokens.endIndex, tokens[place].kind != .semicolon {
            let token = tokens[place]
            let isQuoted = token.kind == .string || token.kind == .quotedName
            parts.append(isQuoted ? Self.unquoted(source(token)) : source(token))
            advance()
        }
        return parts.joined(separator: parts.contains(",") ? "" : " ").replacing(",", with: ", ")
    }

    func syntaxError() -> PostgresError {
        guard place < tokens.endIndex, tokens[place].kind != .semicolon else {
            let end = place < tokens.endIndex ? tokens[place].range.lowerBound : text.utf8.count
            return PostgresError(
                code: .syntaxError, message: "syntax error at end of input",
                position: text.characterPosition(ofByte: end))
        }
        return PostgresError(
            code: .syntaxError, message: "syntax error at or near \"\(source(tokens[place]))\"",
            position: text.characterPosition(ofByte: tokens[place].range.lowerBound))
    }

    private func word(_ token: SQLToken) -> String {
        token.kind == .word ? source(token).lowercased() : source(token)
    }

    private func source(_ token: SQLToken) -> String { text.bytes(token.range) }

    /// A name, without quotes if it has any.
    static func unquotedName(_ text: String) -> String {
        text.first.map { "\"`[".contains($0) } == true ? unquoted(text) : text
    }

    /// A quoted name or string without its quotes.
    static func unquoted(_ text: String) -> String {
        guard let quote = text.first, text.count >= 2 else { return text }
        let inside = String(text.dropFirst().dropLast())
        return quote == "[" ? inside : inside.replacing("\(quote)\(quote)", with: String(quote))
    }
}

extension String {
    /// The text of these bytes.
    func bytes(_ range: Range<Int>) -> String {
        String(
            Substring(
                utf8[
                    utf8.index(
                        startIndex, offsetBy: range.lowerBound)..<utf8.index(startIndex, offsetBy: range.upperBound)]))
    }

    /// A byte's place in characters from 1, as ErrorResponse gives it.
    func characterPosition(ofByte offset: Int) -> Int {
        let end = utf8.index(startIndex, offsetBy: min(max(0, offset), utf8.count))
        return unicodeScalars[..<end].count + 1
    }
}
