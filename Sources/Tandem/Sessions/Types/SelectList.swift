/// The columns of one SELECT, VALUES or RETURNING, as its text lists them.
struct SelectList {
    struct Item {
        /// Without its name.
        var expression: Range<Int>
        /// The name given to it by AS or behind it.
        var name: String?
        /// Whether it stands for all columns of one table or of all.
        var isStar: Bool
    }

    private(set) var items: [Item] = []

    /// The list behind SELECT or RETURNING at `place`.
    init(_ all: [SQLItem], at place: Int) {
        var start = place + 1
        while all.indices.contains(start), [.word("distinct"), .word("all")].contains(all[start]) { start += 1 }
        // DISTINCT ON (…)
        if all.indices.contains(start + 1), start > place + 1, all[start] == .word("on"), all[start + 1] == .symbol("(")
        {
            start = min(all.closing(start + 1) + 1, all.endIndex)
        }
        items = all.list(in: start..<Self.end(all, from: start)).map { Self.item(all, $0) }
    }

    /// The first row of VALUES.
    private init(values all: [SQLItem], at place: Int) {
        guard all.indices.contains(place + 1), all[place + 1] == .symbol("(") else { return }
        items = all.list(in: place + 2..<all.closing(place + 1)).map {
            Item(expression: $0, name: nil, isStar: false)
        }
    }

    /// The lists of a query, one for each part of a UNION; of a write that of its RETURNING alone.
    static func arms(of all: [SQLItem], in range: Range<Int>) -> [SelectList] {
        if let returning = all.places(in: range, where: { $0 == .word("returning") }).last {
            return [SelectList(all, at: returning)]
        }
        let plain = all.places(in: range) { $0 == .word("select") || $0 == .word("values") }
        let parenthesized = parenthesizedArms(of: all, in: range)
        guard !parenthesized.isEmpty else { return plain.map { arm(all, at: $0) } }
        return (plain.map { ($0, [arm(all, at: $0)]) } + parenthesized).sorted { $0.0 < $1.0 }.flatMap(\.1)
    }

    private static func arm(_ all: [SQLItem], at place: Int) -> SelectList {
        all[place] == .word("values") ? SelectList(values: all, at: place) : SelectList(all, at: place)
    }

    /// `(SELECT …)` at the beginning or behind UNION and its like, with their places.
    private static func parenthesizedArms(of all: [SQLItem], in range: Range<Int>) -> [(Int, [SelectList])] {
        guard let first = range.first else { return [] }
        var starts = all[first] == .symbol("(") ? [first] : []
        starts += all.places(in: range) { [.word("union"), .word("except"), .word("intersect")].contains($0) }
            .map { all.indices.contains($0 + 1) && all[$0 + 1] == .word("all") ? $0 + 2 : $0 + 1 }
            .filter { range.contains($0) && all[$0] == .symbol("(") }
        return starts.map { ($0, arms(of: all, in: $0 + 1..<max($0 + 1, all.closing($0)))) }
    }

    private static let ends: Set<String> = [
        "from", "where", "group", "having", "window", "union", "except", "intersect", "order", "limit",
    ]

    private static func end(_ all: [SQLItem], from start: Int) -> Int {
        var depth = 0
        for place in start..<max(start, all.endIndex) {
            switch all[place] {
            case .symbol("("), .word("case"): depth += 1
            case .symbol(")"), .word("end"):
                depth -= 1
                if depth < 0 { return place }
            case .word(let word) where depth == 0 && ends.contains(word): return place
            default: continue
            }
        }
        return all.endIndex
    }

    private static func item(_ all: [SQLItem], _ range: Range<Int>) -> Item {
        guard let last = range.last else { return Item(expression: range, name: nil, isStar: false) }
        if all[last] == .symbol("*"), range.count == 1 || all[last - 1] == .symbol(".") {
            return Item(expression: range, name: nil, isStar: true)
        }
        guard range.count >= 2, let name = all.name(at: last) else {
            return Item(expression: range, name: range.count == 1 ? all.name(at: last) : nil, isStar: false)
        }
        if all.wholeDatetimeLiteral(range) != nil { return Item(expression: range, name: nil, isStar: false) }
        if all[last - 1] == .word("as") {
            return Item(expression: range.lowerBound..<last - 1, name: name, isStar: false)
        }
        // A name behind a whole expression: not `a.b`, `1 + b`, `NOT b`, `… END`.
        guard endsOperand(all[last - 1]), !["end", "null", "notnull", "isnull"].contains(name) else {
            return Item(expression: range, name: nil, isStar: false)
        }
        return Item(expression: range.lowerBound..<last, name: name, isStar: false)
    }

    /// Whether an expression may end with it.
    private static func endsOperand(_ item: SQLItem) -> Bool {
        switch item {
        case .symbol(")"), .string, .blob, .integer, .real, .parameter, .cast, .name: true
        case .symbol: false
        case .word(let word): !SQLItem.isBeforeOperand(word) && !operators.contains(word)
        }
    }

    /// Words behind which an expression goes on, besides those before an operand.
    private static let operators: Set<String> = [
        "collate", "glob", "ilike", "match", "over", "regexp", "similar", "to", "zone",
    ]
}
