import PostgresWire

// The types of what stands beside a parameter.
extension ParameterTyper {
    private static let computing: Set<SQLItem> = [
        .symbol("+"), .symbol("-"), .symbol("*"), .symbol("/"), .symbol("%"), .symbol("^"), .symbol("||"), .symbol("&"),
        .symbol("|"), .symbol("<<"), .symbol(">>"), .symbol("->"), .symbol("->>"), .symbol("#>"), .symbol("#>>"),
        .symbol("#-"), .word("at"), .word("collate"),
    ]

    /// Whether what stands at a place makes the operand of a plain string a part of another expression.
    private func isComputed(_ place: Int) -> Bool {
        guard isLiteral, let item = item(place) else { return false }
        if case .cast = item { return true }
        return Self.computing.contains(item)
    }

    /// The type of the column, call or query that ends at a place.
    mutating func operand(endingAt end: Int, skippingNot: Bool = false) -> ExpressionType {
        let end = skippingNot && item(end) == .word("not") ? end - 1 : end
        guard let last = item(end) else { return .unknown }
        if isLiteral, case .cast(let type) = last {
            guard let start = items.operandStart(endingAt: end), !isComputed(start - 1) else { return .unknown }
            return .known(type)
        }
        if last == .symbol(")") {
            guard var start = items.operandStart(endingAt: end), !isComputed(start - 1) else { return .unknown }
            // The schema of a function.
            while item(start + 1) == .symbol(".") { start += 2 }
            // A call, or a query: what is in parentheses by itself tells a parameter nothing.
            let isQuery = item(start + 1) == .word("select") || item(start + 1) == .word("with")
            return item(start) != .symbol("(") || isQuery || isSingle(start + 1..<end)
                ? type(of: start..<end + 1) : .unknown
        }
        guard items.name(at: end) != nil else { return .unknown }
        let start = item(end - 1) == .symbol(".") ? end - 2 : end
        return start >= 0 && !isComputed(start - 1) ? type(of: start..<end + 1) : .unknown
    }

    /// Whether what stands in parentheses beside a plain string is one expression.
    private func isSingle(_ range: Range<Int>) -> Bool {
        isLiteral && !range.isEmpty && items.places(in: range) { $0 == .symbol(",") }.isEmpty
    }

    /// The type of the column or call that begins at a place.
    mutating func operand(beginningAt start: Int) -> ExpressionType {
        if let literal = items.datetimeLiteral(start..<items.endIndex) { return .known(literal) }
        if isLiteral, let end = items.operandEnd(beginningAt: start), case .cast(let type)? = item(end - 1),
            !isComputed(end)
        {
            return .known(type)
        }
        if isLiteral, item(start) == .symbol("(") {
            let end = items.closing(start)
            guard end < items.endIndex, !isComputed(end + 1) else { return .unknown }
            return isSingle(start + 1..<end) ? type(of: start..<end + 1) : .unknown
        }
        guard items.name(at: start) != nil else { return .unknown }
        // The schema of a function.
        let name = item(start + 1) == .symbol(".") && item(start + 3) == .symbol("(") ? start + 2 : start
        if item(name + 1) == .symbol("(") {
            let end = items.closing(name + 1)
            return end < items.endIndex && !isComputed(end + 1) ? type(of: name..<end + 1) : .unknown
        }
        let end = item(start + 1) == .symbol(".") ? start + 3 : start + 1
        return end <= items.endIndex && !isComputed(end) ? type(of: start..<end) : .unknown
    }
}
