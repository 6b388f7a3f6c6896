import PostgresWire

/// What PostgreSQL calls the columns of an answer, by the statement's text.
enum ColumnNames {
    /// The names of the `count` columns as PostgreSQL gives them; nil where the statement names them itself.
    static func all(of text: String, count: Int) -> [String?] {
        let items = SQLItem.items(of: text)
        guard let list = SelectList.arms(of: items, in: items.indices).first else { return [] }
        guard list.items.count == count, !list.items.contains(where: \.isStar) else { return [] }
        return list.items.map { item in
            guard let given = item.name else { return name(of: item.expression, in: items) }
            // A word by itself is its own name, unless the statement gives it another.
            let word = items[item.expression.lowerBound]
            guard item.expression.count == 1, word == .word(given) else { return nil }
            // A function without parentheses goes by its own name.
            return nameOfWord(word) ?? (DialectFunctions.words[given] != nil ? given : nil)
        }
    }

    private static func isOperator(_ item: SQLItem) -> Bool {
        if case .symbol(let symbol) = item { return ![".", "(", ")"].contains(symbol) }
        return false
    }

    private static func nameOfWord(_ item: SQLItem) -> String? {
        switch item {
        case .word("true"), .word("false"): "bool"
        case .word("null"): "?column?"
        default: nil
        }
    }

    /// What PostgreSQL calls an expression; `?column?` for most.
    static func name(of range: Range<Int>, in items: [SQLItem]) -> String? {
        guard let first = range.first, let last = range.last else { return nil }
        if case .cast(let type) = items[last] {
            var operand = range.dropLast()
            while let end = operand.last, case .cast = items[end] { operand = operand.dropLast() }
            let operators = items.places(in: operand, where: Self.isOperator)
            // It is a cast of the last operand alone.
            guard operators.isEmpty else { return "?column?" }
            let inner = name(of: operand, in: items)
            return inner == "?column?" ? type.description : inner
        }
        if let literal = items.wholeDatetimeLiteral(range) { return literal.description }
        if range.count > 4, items[last - 3] == .word("at"), items[last - 2] == .word("time"),
            items[last - 1] == .word("zone")
        {
            return "timezone"
        }
        if items[first] == .symbol("("), items.closing(first) == last { return nameWithin(first + 1..<last, in: items) }
        if items[first] == .word("cast"), let name = nameOfCast(range, in: items) { return name }
        if items[first] == .word("case"), items[last] == .word("end") { return "case" }
        var place = first
        while place + 2 < range.upperBound, items[place + 1] == .symbol("."), items.name(at: place) != nil {
            place += 2
        }
        // Behind a point no word is a keyword.
        guard let name = items.name(at: place),
            items[place] == .name(name) || place > first || !SQLItem.isBeforeOperand(name)
        else { return "?column?" }
        if place == last { return name }
        guard items[place + 1] == .symbol("(") else { return "?column?" }
        let behind = items.closing(place + 1) + 1
        // Behind a call, what belongs to it: count(*) FILTER (…) OVER (…).
        let isCall = behind == last + 1 || behind < last && [.word("filter"), .word("over")].contains(items[behind])
        let isComputed = behind <= last && !items.places(in: behind..<last + 1, where: Self.isOperator).isEmpty
        return isCall && !isComputed ? name : "?column?"
    }

    /// What stands in parentheses goes by its own name, a query by that of its column.
    private static func nameWithin(_ range: Range<Int>, in items: [SQLItem]) -> String? {
        guard let first = range.first, [.word("select"), .word("with")].contains(items[first]) else {
            return name(of: range, in: items)
        }
        guard let item = SelectList.arms(of: items, in: range).first?.items.first, !item.isStar else {
            return "?column?"
        }
        return item.name ?? name(of: item.expression, in: items)
    }

    /// `CAST(expression AS type)` goes by the expression's name, or by the type's where it has none.
    private static func nameOfCast(_ range: Range<Int>, in items: [SQLItem]) -> String? {
        let open = range.lowerBound + 1
        guard range.contains(open), items[open] == .symbol("("), items.closing(open) == range.upperBound - 1,
            let place = items.places(in: open + 1..<range.upperBound - 1, where: { $0 == .word("as") }).last
        else { return nil }
        let inner = name(of: open + 1..<place, in: items)
        guard inner == "?column?" else { return inner }
        let words = (place + 1..<range.upperBound - 1).prefix { items[$0] != .symbol("(") }.compactMap {
            items.name(at: $0)
        }
        return PostgresType(cast: words.joined(separator: " ")).description
    }
}
