/// Text for SQLite, made of pieces of what the client sent and of others.
struct TranslatedSQL: Sendable {
    struct Piece: Sendable {
        var text: String
        /// Where it stands in the statement; nil if it is no part of that.
        var source: Int?
    }

    /// A translation that writes an operand more than once, nested in others of its kind, doubles with each level: a few
    /// dozen words would be more than the memory holds. So many pieces such a one may have.
    private static let maximumOfRepetitions = 50_000

    private(set) var pieces: [Piece] = []
    /// Whether a translation in it had too many pieces, and was left out: the statement is to be refused.
    private(set) var isTooLong = false
    /// Statements that are run before it, as parts of it.
    var preceding: [String] = []
    /// The same behind it.
    var following: [String] = []

    init() {}
    init(_ text: String) { pieces = [Piece(text: text)] }
    init(_ pieces: [Piece]) { self.pieces = pieces }

    var isEmpty: Bool { pieces.isEmpty }
    var count: Int { pieces.count }
    var text: String { pieces.map(\.text).joined() }

    mutating func append(_ text: String, source: Int? = nil) {
        if !text.isEmpty { pieces.append(Piece(text: text, source: source)) }
    }

    mutating func append(_ other: TranslatedSQL) {
        pieces += other.pieces
        isTooLong = isTooLong || other.isTooLong
    }

    mutating func insert(_ other: TranslatedSQL, at place: Int) {
        pieces.insert(contentsOf: other.pieces, at: place)
        isTooLong = isTooLong || other.isTooLong
    }

    /// Takes away the pieces from `place` on.
    mutating func takeEnd(from place: Int) -> TranslatedSQL {
        defer { pieces.removeSubrange(place...) }
        return part(pieces[place...])
    }

    mutating func removeLast() { pieces.removeLast() }

    /// Takes away the first pieces.
    mutating func takeStart(_ count: Int) -> TranslatedSQL {
        defer { pieces.removeFirst(min(count, pieces.count)) }
        return part(pieces.prefix(count))
    }

    private func part(_ pieces: ArraySlice<Piece>) -> TranslatedSQL {
        var part = TranslatedSQL(Array(pieces))
        part.isTooLong = isTooLong
        return part
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
        let count = arguments.reduce(0) { $0 + $1.count }
        if pieces.count > Self.maximumOfRepetitions, pieces.count > count + count / 4 { self = .tooLong }
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
