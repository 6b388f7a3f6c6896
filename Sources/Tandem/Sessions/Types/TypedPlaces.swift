import PostgresWire

/// The places of a statement that become another text for SQLite by the types of what stands there.
struct TypedPlaces: Equatable, Sendable {
    /// What each `||` joins, in the order of the statement.
    var joins: [Join] = []
    /// Of each call of a function that makes JSON, in the order of the statement, the numbers of the arguments that are
    /// booleans.
    var booleans: [Set<Int>] = []
    /// What each `-` does, in the order of the statement.
    var minuses: [Minus] = []
    /// What each pair of brackets behind an operand is, in the order of the statement.
    var subscripts: [Subscript] = []
    /// What each `::` is of, in the order of the statement.
    var casts: [TextOperand] = []
    /// The parameters that are dates, times or intervals, by their numbers, where something is computed with them.
    var parameters: [Int: PostgresType] = [:]

    /// Whether it is the same text whatever the types.
    var isEmpty: Bool {
        joins.allSatisfy { $0 == .texts } && booleans.allSatisfy(\.isEmpty) && parameters.isEmpty
            && minuses.allSatisfy { $0 == .plain } && subscripts.allSatisfy { $0 == .element }
            && casts.allSatisfy { $0 == .other }
    }

    /// The functions that make JSON of values, and which of so many arguments are values.
    static func values(of function: String, count: Int) -> [Int]? {
        switch function {
        case "json_build_object", "jsonb_build_object": Array(stride(from: 1, to: count, by: 2))
        case "json_build_array", "jsonb_build_array": Array(0..<count)
        case "json_agg", "jsonb_agg": Array(0..<min(count, 1))
        case "json_object_agg", "jsonb_object_agg": Array(1..<max(1, min(count, 2)))
        default: nil
        }
    }
}

extension TypedPlaces {
    /// - Parameter typer: knows the columns of the statement's tables.
    init(_ typer: ExpressionTyper) {
        // What the schema keeps of tables and indexes is to be read by other programs, too.
        guard typer.scope.definition == nil else { return }
        guard !typer.joinsTexts else {
            // In statements about the catalogue it is positions of the log that are subtracted.
            let minuses = Self.minuses(typer).map { $0 == .positions ? $0 : .plain }
            if minuses.contains(.positions) { self.minuses = minuses }
            return
        }
        var typer = typer
        // `true` and comparisons are booleans to PostgreSQL, and 0 and 1 where they are told of.
        typer.predicate = .bool
        typer.found = ExpressionTyper.NameTypes()
        joins = Self.joins(typer)
        booleans = Self.booleans(typer)
        minuses = Self.minuses(typer)
        subscripts = Self.subscripts(typer)
        casts = Self.casts(typer)
    }

    private static func joins(_ typer: ExpressionTyper) -> [Join] {
        let items = typer.items
        var joins: [Join] = []
        // What the operators before have made, by their places: each has all before it on its left.
        var results: [Int: JoinOperand] = [:]
        for place in items.indices where ExpressionTyper.joins.contains(items[place]) {
            let isJoin = items[place] == .symbol("||")
            guard let start = items.operandStart(endingAt: place - 1),
                let end = items.operandEnd(beginningAt: place + 1)
            else {
                if isJoin { joins.append(.texts) }
                continue
            }
            let left = results[start - 1] ?? typer.joinOperand(start..<place)
            let right = isJoin ? typer.joinOperand(place + 1..<end) : JoinOperand(type: .unknown)
            let (join, type) = typer.join(at: place, left, right)
            results[place] = JoinOperand(type: type)
            if isJoin { joins.append(join) }
        }
        return joins
    }

    private static func booleans(_ typer: ExpressionTyper) -> [Set<Int>] {
        let items = typer.items
        var booleans: [Set<Int>] = []
        for place in items.indices {
            guard case .word(let name) = items[place], place + 1 < items.endIndex, items[place + 1] == .symbol("("),
                values(of: name, count: 0) != nil
            else { continue }
            let close = items.closing(place + 1)
            guard close < items.endIndex else {
                booleans.append([])
                continue
            }
            let arguments = items.list(in: place + 2..<close)
            let numbers = (values(of: name, count: arguments.count) ?? []).filter { number in
                typer.type(of: arguments[number]).type == .bool
                    && items.places(in: arguments[number]) { $0 == .word("order") || $0 == .word("distinct") }.isEmpty
            }
            booleans.append(Set(numbers))
        }
        return booleans
    }
}

extension TypedPlaces {
    private static let arithmetic: Set<SQLItem> = [.symbol("+"), .symbol("-"), .symbol("*"), .symbol("/")]
    private static let comparisons: Set<SQLItem> = [
        .symbol("="), .symbol("=="), .symbol("<>"), .symbol("!="), .symbol("<"), .symbol(">"), .symbol("<="),
        .symbol(">="), .word("between"),
    ]

    /// Whether a statement computes with parameters that are of dates or intervals, or compares one with an interval.
    ///
    /// - Parameter types: those that are, by their numbers.
    static func computes(with types: [Int: PostgresType], in items: [SQLItem]) -> Bool {
        items.indices.contains { place in
            guard case .parameter(let number) = items[place], let type = types[number] else { return false }
            return [place - 1, place + 1].contains { beside in
                guard items.indices.contains(beside) else { return false }
                return arithmetic.contains(items[beside])
                    || type == .interval && comparisons.contains(items[beside])
            }
        }
    }
}
