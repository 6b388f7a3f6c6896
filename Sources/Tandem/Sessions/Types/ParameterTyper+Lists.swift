import PostgresWire

// Parameters among others in parentheses, and behind WHEN.
extension ParameterTyper {
    /// The type of a parameter that is the number of an advisory lock, or one of two; nil for all others.
    func typeOfLockNumber(at place: Int) -> PostgresType? {
        let behind = item(place + 1)
        if item(place - 1) == .symbol("("), isLockFunction(place - 2) {
            return behind == .symbol(")") ? .int8 : behind == .symbol(",") ? .int4 : nil
        }
        guard behind == .symbol(")"), item(place - 1) == .symbol(","), item(place - 3) == .symbol("("),
            isLockFunction(place - 4)
        else { return nil }
        return .int4
    }

    private func isLockFunction(_ place: Int) -> Bool {
        guard case .word(let name)? = item(place) else { return false }
        return name.hasPrefix("pg_") && name.contains("_advisory_")
    }

    private static let ofNumbers: Set<String> = [
        "pg_get_functiondef", "pg_get_function_arguments", "pg_get_function_identity_arguments",
        "pg_get_function_result", "pg_stat_get_last_vacuum_time", "pg_stat_get_last_autovacuum_time",
        "pg_stat_get_last_analyze_time", "pg_stat_get_last_autoanalyze_time",
    ]

    /// The type of a parameter that is a function's first argument, where PostgreSQL's has but one; nil for all others.
    func typeOfArgument(at place: Int) -> PostgresType? {
        guard item(place - 1) == .symbol("("), case .word(let name)? = item(place - 2),
            item(place + 1) == .symbol(")") || item(place + 1) == .symbol(",")
        else { return nil }
        switch name {
        case "pg_blocking_pids": return .int4
        case "convert_from": return .bytea
        default: return Self.ofNumbers.contains(name) ? .oid : nil
        }
    }

    /// What the values of a list are compared with.
    enum ListSide {
        case nothing
        /// Each of them with the same: `column IN ($1, $2)`.
        case operand(ExpressionType)
        /// Each with what stands in its place of a row: `(column, other) > ($1, $2)`.
        case row([ExpressionType])

        func type(at number: Int) -> ExpressionType {
            switch self {
            case .nothing: .unknown
            case .operand(let type): type
            case .row(let types): types.indices.contains(number) ? types[number] : .unknown
            }
        }
    }

    /// A list of simple values: a parameter in it need not look further back than to the one before it.
    struct ValueList {
        /// The last parameter in it that was looked at, and how many values stand before that.
        var last = -1
        var number = 0
        var side = ListSide.nothing
        /// Where the list ends, if it is a row; else -1.
        var end = -1
    }

    private static let comparisonsOfRows: Set<SQLItem> = [
        .symbol("="), .symbol("=="), .symbol("<>"), .symbol("!="), .symbol("<"), .symbol(">"), .symbol("<="),
        .symbol(">="),
    ]

    mutating func lookForList(at place: Int, _ number: Int) {
        var start = place - 1
        var commas = 0
        while let item = item(start), item != .symbol("(") {
            if start == list.last {
                list.last = place
                list.number += commas
                return note(number, list.side.type(at: list.number))
            }
            switch item {
            case .symbol(","):
                commas += 1
                start -= 1
            case .parameter, .integer, .real, .string, .cast, .word("true"), .word("false"), .word("null"): start -= 1
            default:
                list = ValueList(last: place)
                return
            }
        }
        let side = side(ofListAt: start)
        var end = -1
        if case .row = side { end = items.closing(start) }
        list = ValueList(last: place, number: commas, side: side, end: end)
        note(number, side.type(at: commas))
    }

    /// What the list is compared with whose parenthesis opens at `open`.
    private mutating func side(ofListAt open: Int) -> ListSide {
        guard let before = item(open - 1) else { return .nothing }
        if before == .word("in") { return .operand(operand(endingAt: open - 2, skippingNot: true)) }
        // (column, other) IN (($1, $2), ($3, $4))
        if before == .symbol(","), list.end >= 0, list.end == open - 2 { return list.side }
        if before == .symbol("("), item(open - 2) == .word("in") {
            return row(endingAt: item(open - 3) == .word("not") ? open - 4 : open - 3)
        }
        return Self.comparisonsOfRows.contains(before) ? row(endingAt: open - 2) : .nothing
    }

    /// The types of the columns in the row that ends at a place. What is computed in it is of no known type.
    private mutating func row(endingAt close: Int) -> ListSide {
        guard item(close) == .symbol(")"), let open = items.operandStart(endingAt: close), item(open) == .symbol("(")
        else { return .nothing }
        var types: [ExpressionType] = []
        for part in items.list(in: open + 1..<close) {
            let isColumn =
                items.name(at: part.lowerBound) != nil
                && (part.count == 1 || part.count == 3 && item(part.lowerBound + 1) == .symbol("."))
            types.append(isColumn ? type(of: part) : .unknown)
        }
        return .row(types)
    }

    /// The type of what the innermost CASE compares with each WHEN: `CASE column WHEN $1 THEN …`.
    mutating func operandOfCase() -> ExpressionType {
        guard let last = cases.last else { return .unknown }
        if let type = last.type { return type }
        var type = ExpressionType.unknown
        let start = last.place + 1
        if let end = items.operandEnd(beginningAt: start), item(end) == .word("when") {
            var first = start
            // The schema of a function.
            while item(first + 1) == .symbol("."), item(first + 3) == .symbol("(") { first += 2 }
            type = self.type(of: first..<end)
        }
        cases[cases.count - 1].type = type
        return type
    }
}
