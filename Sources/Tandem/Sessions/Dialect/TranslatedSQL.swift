/// Text for SQLite, made of pieces of what the client sent and of others.
struct TranslatedSQL: Sendable {
    struct Piece: Sendable {
        var text: String
        /// Where it stands in the statement; nil if it is no part of that.
        var source: Int?
    }

    /// What `ADD COLUMN IF NOT EXISTS` adds.
    struct AddedColumn: Sendable {
        var table: String
        /// In lower case.
        var name: String
    }

    /// A translation that writes an operand more than once, nested in others of its kind, doubles with each level: a few
    /// dozen words would be more than the memory holds. So many pieces and bytes such a one may have.
    private static let maximumOfRepetitions = (pieces: 50_000, bytes: 1 << 20)

    private(set) var pieces: [Piece] = []
    /// How long its text is.
    private(set) var byteCount = 0
    /// Whether a translation in it was too long, and was left out: the statement is to be refused.
    private(set) var isTooLong = false
    /// Statements that are run before it, as parts of it.
    var preceding: [String] = []
    /// The same behind it.
    var following: [String] = []
    /// The column that it adds if the table has none of that name, and does nothing else; nil for all other statements.
    var addition: AddedColumn?
    /// For `CREATE TABLE name AS query` what stands up to the name, the name, and the query; empty for all other
    /// statements, and where the query has parameters.
    var filling: [TranslatedSQL] = []
    /// Whether it calls functions of advisory locks.
    var takesAdvisoryLocks = false

    init() {}
    init(_ text: String) { self.init([Piece(text: text)]) }

    init(_ pieces: [Piece]) {
        self.pieces = pieces
        byteCount = Self.byteCount(pieces[...])
    }

    private static func byteCount(_ pieces: ArraySlice<Piece>) -> Int { pieces.reduce(0) { $0 + $1.text.utf8.count } }

    var isEmpty: Bool { pieces.isEmpty }
    var count: Int { pieces.count }
    var text: String { pieces.map(\.text).joined() }

    mutating func append(_ text: String, source: Int? = nil) {
        guard !text.isEmpty else { return }
        pieces.append(Piece(text: text, source: source))
        byteCount += text.utf8.count
    }

    mutating func append(_ other: TranslatedSQL) {
        pieces += other.pieces
        byteCount += other.byteCount
        isTooLong = isTooLong || other.isTooLong
    }

    mutating func insert(_ other: TranslatedSQL, at place: Int) {
        pieces.insert(contentsOf: other.pieces, at: place)
        byteCount += other.byteCount
        isTooLong = isTooLong || other.isTooLong
    }

    /// Takes away the pieces from `place` on.
    mutating func takeEnd(from place: Int) -> TranslatedSQL { take(place..<pieces.count) }

    mutating func removeLast() { _ = takeEnd(from: pieces.count - 1) }

    /// Takes away the first pieces.
    mutating func takeStart(_ count: Int) -> TranslatedSQL { take(0..<min(count, pieces.count)) }

    private mutating func take(_ range: Range<Int>) -> TranslatedSQL {
        var part = TranslatedSQL(Array(pieces[range]))
        part.isTooLong = isTooLong
        pieces.removeSubrange(range)
        byteCount -= part.byteCount
        return part
    }

    /// The same where its source stands so many bytes later in the statement.
    func moved(by offset: Int) -> TranslatedSQL {
        var moved = self
        for index in moved.pieces.indices {
            moved.pieces[index].source = moved.pieces[index].source.map { $0 + offset }
        }
        return moved
    }

    /// The same with other text in place of parts of the statement, which are given in its order.
    func replacing(_ parts: [(range: Range<Int>, sql: String)]) -> TranslatedSQL {
        var result = self
        result.filling = filling.map { $0.replacing(parts) }
        result.pieces = []
        result.byteCount = 0
        for piece in pieces {
            guard let source = piece.source else {
                result.append(piece.text)
                continue
            }
            let end = source + piece.text.utf8.count
            var done = source
            // Parts may be written in another order than the statement has, and more than once.
            var next = Self.first(in: parts, from: source)
            while next < parts.count, parts[next].range.upperBound <= end {
                let part = parts[next]
                next += 1
                let start = part.range.lowerBound - source
                // Some words are written longer than they are.
                let first = piece.text.utf8.index(piece.text.startIndex, offsetBy: start)
                guard piece.text.utf8[first] == UInt8(ascii: "'") else { continue }
                result.append(piece.text.bytes(done - source..<start), source: done)
                result.append(part.sql)
                done = part.range.upperBound
            }
            result.append(piece.text.bytes(done - source..<end - source), source: done)
        }
        return result
    }

    /// The place of the first part that begins at `source` or behind it.
    private static func first(in parts: [(range: Range<Int>, sql: String)], from source: Int) -> Int {
        var (low, high) = (0, parts.count)
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].range.lowerBound < source { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// `template` with `$1`, `$2` … replaced by `arguments`, `$*` by all of them.
    init(_ template: String, _ arguments: [TranslatedSQL]) {
        var rest = template[...]
        while let dollar = rest.firstIndex(of: "$"), let digit = rest[dollar...].dropFirst().first {
            append(String(rest[..<dollar]))
            if digit == "*" {
                for (number, argument) in arguments.enumerated() {
                    if number > 0 { append(", ") }
                    append(argument)
                }
            } else if let number = digit.wholeNumberValue, (1...9).contains(number) {
                if arguments.indices.contains(number - 1) { append(arguments[number - 1]) }
            } else {
                append("$\(digit)")
            }
            rest = rest[dollar...].dropFirst(2)
        }
        append(String(rest))
        let maximum = Self.maximumOfRepetitions
        if Self.repeats(pieces.count, arguments.reduce(0) { $0 + $1.count }, beyond: maximum.pieces)
            || Self.repeats(byteCount, arguments.reduce(0) { $0 + $1.byteCount }, beyond: maximum.bytes)
        {
            self = .tooLong
        }
    }

    /// Whether so much was made of what there was before. What is long already may be so.
    private static func repeats(_ count: Int, _ before: Int, beyond maximum: Int) -> Bool {
        count > maximum && count > before + before / 4
    }

    private static var tooLong: TranslatedSQL {
        var sql = TranslatedSQL()
        sql.isTooLong = true
        return sql
    }

    /// Where a byte of the text comes from in the statement: itself, or what stands before it.
    func sourceOffset(of offset: Int) -> Int? {
        var end = 0
        var last: Int?
        for piece in pieces {
            let start = end
            end += piece.text.utf8.count
            guard let source = piece.source else {
                if offset < end { return last }
                continue
            }
            if offset < end { return source + offset - start }
            last = source + end - start
        }
        return last
    }
}
