import PostgresWire
import TandemSQLite

/// The strings of a statement that PostgreSQL may read as values of what they stand beside: one without a cast has no type
/// of its own there ("PostgreSQL 17", 10.2).
struct PlainLiterals: Sendable {
    struct Literal: Sendable {
        /// Its bytes in the statement, quotes included.
        var range: Range<Int>
        /// What it says.
        var text: String
    }

    /// In the order of the statement.
    let all: [Literal]
    /// The statement, where they are parameters with numbers from ``firstNumber`` on: they get the types that these would.
    let items: [SQLItem]

    /// Beyond the numbers of all parameters.
    static let firstNumber = 1 << 20

    /// - Returns: nil if there are none.
    init?(_ source: String, _ tokens: [SQLToken]) {
        var all: [Literal] = []
        for (place, token) in tokens.enumerated() where token.kind == .string {
            let text = source.bytes(token.range.lowerBound + 1..<token.range.upperBound - 1)
            guard Self.mayBeValue(text), Self.standsAlone(place, source, tokens) else { continue }
            all.append(Literal(range: token.range, text: text.replacing("''", with: "'")))
        }
        guard !all.isEmpty, Self.isBalanced(source, tokens) else { return nil }
        self.all = all
        var numbers: [Int: Int] = [:]
        for (number, literal) in all.enumerated() { numbers[literal.range.lowerBound] = Self.firstNumber + number }
        items = SQLItem.items(of: source, numbers: numbers)
    }

    init?(_ source: String) {
        var text = source
        self.init(source, text.withUTF8 { Array(SQLTokenizer($0)) })
    }

    /// Whether each parenthesis is closed. SQLite refuses all else, and to look for the ends of those would take long.
    private static func isBalanced(_ source: String, _ tokens: [SQLToken]) -> Bool {
        var depth = 0
        for token in tokens where token.kind == .symbol && token.range.count == 1 {
            switch source.bytes(token.range) {
            case "(": depth += 1
            case ")": depth -= 1
            default: continue
            }
            if depth < 0 { return false }
        }
        return depth == 0
    }

    /// Whether a text is written like a boolean, a date, a time, a UUID, a position of the log, or like bytes with a
    /// backslash. All others stay texts whatever they stand beside, so that statements with names and words need no look
    /// at tables.
    static func mayBeValue(_ text: String) -> Bool {
        let bytes = text.utf8
        if bytes.contains(UInt8(ascii: "\\")) { return true }
        guard bytes.count <= 64, let first = bytes.first(where: { $0 > 0x20 }) else { return false }
        if PostgresBoolean.parse(bytes.filter { $0 > 0x20 }) != nil { return true }
        if bytes.contains(UInt8(ascii: "/")), LogSequenceNumber(text) != nil { return true }
        let isNumber = (0x30...0x39).contains(first)
        if isNumber, bytes.contains(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ":") }) { return true }
        let others = "-{} ".utf8
        return bytes.count >= 32
            && bytes.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) || others.contains(byte)
            }
    }

    private static let before: Set<String> = [
        "=", "==", "<>", "!=", "<", ">", "<=", ">=", "(", ",", "between", "and", "or", "not", "where", "on", "having",
        "when", "then", "else", "is", "select", "distinct", "by", "returning",
    ]
    /// What makes an expression of the string, or says its type.
    private static let behind: Set<String> = [
        "+", "-", "*", "/", "%", "^", "|", "||", "->", "->>", "#", "@", ":", "~", "!", "&", "<<", ">>", "collate", "at",
    ]

    /// Whether a string is an operand by itself: not computed with, and without a type beside it.
    private static func standsAlone(_ place: Int, _ source: String, _ tokens: [SQLToken]) -> Bool {
        func word(_ place: Int) -> String {
            guard tokens.indices.contains(place) else { return "" }
            switch tokens[place].kind {
            case .word, .symbol, .malformed: return source.bytes(tokens[place].range).lowercased()
            case .parameter: return String(source.bytes(tokens[place].range).prefix(1))
            case .quotedName, .string, .blob, .number, .semicolon: return ""
            }
        }
        let isDistinctFrom = word(place - 1) == "from" && word(place - 2) == "distinct"
        guard isDistinctFrom || before.contains(word(place - 1)), !behind.contains(word(place + 1)) else {
            return false
        }
        return word(place - 1) != "(" || word(place - 2) != "cast"
    }
}
