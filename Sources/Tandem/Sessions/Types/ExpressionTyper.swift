import PostgresWire

/// Tells the types of expressions as far as their text and the declared types of columns do.
struct ExpressionTyper {
    let scope: StatementScope
    /// The columns of a table, in lower case, with their types if these are known; nil if there is no such table.
    let columns: (String) -> [String: PostgresType?]?
    /// The type of a parameter, if it is known already.
    var parameter: (Int) -> PostgresType? = { _ in nil }
    /// The type of a comparison: SQLite's are numbers, those of the catalogue's clients booleans.
    var predicate = PostgresType.int8
    /// Whether `||` joins nothing but texts: in statements about the catalogue.
    var joinsTexts = false
    /// Columns whose types are being looked for: a recursive query leads back to itself.
    var open: Set<SourceColumn> = []
    /// What has been found of names.
    var found = NameTypes()

    init(scope: StatementScope, columns: @escaping (String) -> [String: PostgresType?]?) {
        self.scope = scope
        guard let definition = scope.definition else {
            self.columns = columns
            return
        }
        self.columns = { table in
            guard table == definition.table else { return columns(table) }
            return (columns(table) ?? [:]).merging(definition.columns) { $1 }
        }
    }

    var items: [SQLItem] { scope.items }

    private static let predicates: Set<SQLItem> = [
        .word("or"), .word("and"), .word("not"), .word("is"), .word("in"), .word("like"), .word("ilike"), .word("glob"),
        .word("match"), .word("regexp"), .word("between"), .word("isnull"), .word("notnull"), .word("exists"),
        .symbol("="), .symbol("=="), .symbol("<"), .symbol(">"), .symbol("<="), .symbol(">="), .symbol("<>"),
        .symbol("!="), .symbol("@>"), .symbol("<@"),
    ]
    private static let bits: Set<SQLItem> = [.symbol("&"), .symbol("|"), .symbol("<<"), .symbol(">>"), .symbol("~")]
    private static let arithmetic: Set<SQLItem> = [
        .symbol("+"), .symbol("-"), .symbol("*"), .symbol("/"), .symbol("%"),
    ]
    static let joins: Set<SQLItem> = [
        .symbol("||"), .symbol("->"), .symbol("->>"), .symbol("#>"), .symbol("#>>"),
        .symbol("#-"),
    ]

    /// The type of the expression in `range`.
    func type(of range: Range<Int>) -> ExpressionType {
        guard let last = range.last else { return .unknown }
        // The loosest operator decides (SQLite, "Operators, and Parse-Affecting Attributes").
        if !items.places(in: range, where: Self.predicates.contains).isEmpty { return .known(predicate) }
        if !items.places(in: range, where: { $0 == .word("similar") || $0 == .word("overlaps") }).filter(isPredicate)
            .isEmpty
        {
            return .known(predicate)
        }
        if !items.places(in: range, where: Self.bits.contains).isEmpty { return .known(.int8) }
        let operators = items.places(in: range, where: Self.arithmetic.contains)
        if !operators.isEmpty { return computed(range, operators) }
        if !items.places(in: range, where: { $0 == .symbol("^") }).isEmpty { return .known(.float8) }
        let joins = items.places(in: range, where: Self.joins.contains)
        if !joins.isEmpty { return joined(range, joins) }
        if let type = typeBeforeSuffixes(range) { return type }
        if case .symbol(let symbol) = items[last], symbol.hasPrefix("["), range.count > 1 {
            let type = type(of: range.dropLast())
            return type.isDocument ? type : .unknown
        }
        if case .cast(let cast) = items[last] { return .known(cast.isArray && predicate != .bool ? .text : cast) }
        return primary(range)
    }

    /// `operand AT TIME ZONE …`, `operand COLLATE …`, which may stand behind each other thousands of times; nil for all else.
    private func typeBeforeSuffixes(_ range: Range<Int>) -> ExpressionType? {
        var end = range.upperBound
        var zones = 0
        while true {
            let count = end - range.lowerBound
            if count > 2, items[end - 2] == .word("collate") {
                end -= 2
            } else if count > 4, items[end - 4] == .word("at"), items[end - 3] == .word("time"),
                items[end - 2] == .word("zone")
            {
                end -= 4
                zones += 1
            } else {
                break
            }
        }
        guard end < range.upperBound else { return nil }
        return (0..<zones).reduce(type(of: range.lowerBound..<end)) { type, _ in type.inOtherZone }
    }

    /// Words that are names as well, unless what belongs to them follows.
    private func isPredicate(_ place: Int) -> Bool {
        guard items.indices.contains(place + 1), place > 0 else { return false }
        return items[place] == .word("similar") ? items[place + 1] == .word("to") : items[place + 1] == .symbol("(")
    }

    /// The type of operands with operators of arithmetic between them. Each operand is looked at once: those within others
    /// would be looked at once more with each level.
    private func computed(_ range: Range<Int>, _ operators: [Int]) -> ExpressionType {
        var operands: [Range<Int>] = []
        var symbols: [SQLItem] = []
        var start = range.lowerBound
        for place in operators + [range.upperBound] {
            // A sign has nothing before it.
            if start < place || place == range.upperBound {
                operands.append(start..<place)
                if place < range.upperBound { symbols.append(items[place]) }
            }
            start = place + 1
        }
        let types = operands.map(type)
        return datetimes(operands, types, symbols) ?? arithmetic(types, symbols)
    }

    private func arithmetic(_ types: [ExpressionType], _ symbols: [SQLItem]) -> ExpressionType {
        guard let first = types.first else { return .unknown }
        // `-` takes something out of a document.
        if first.isDocument, !symbols.isEmpty, symbols.allSatisfy({ $0 == .symbol("-") }) { return first }
        let result = types.dropFirst().reduce(first) { $0.computed(with: $1) }
        return result == .any || result.type?.isNumber == true ? result : .unknown
    }

    private func primary(_ range: Range<Int>) -> ExpressionType {
        let first = range.lowerBound
        if let literal = items.datetimeLiteral(range) { return .known(literal) }
        if range.count == 1 {
            switch items[first] {
            case .integer: return .known(.int8)
            case .word("true"), .word("false"): return .known(.bool)
            case .real: return .known(.float8)
            case .string: return .known(.text)
            case .blob: return .known(.bytea)
            case .word("null"): return .any
            case .word("current_timestamp"): return .known(.timestamptz)
            case .word("current_user"), .word("session_user"), .word("current_role"), .word("current_schema"),
                .word("current_catalog"):
                return .known(.text)
            case .word("current_date"): return .known(.date)
            case .word("current_time"): return .known(.time)
            case .word("localtime") where scope.tables.isEmpty: return .known(.time)
            case .word("localtimestamp"): return .known(.timestamp)
            case .parameter(let number): return parameter(number).map { .known($0) } ?? .unknown
            case .word(let name), .name(let name): return column(name, of: nil, at: first)
            case .symbol, .cast: return .unknown
            }
        }
        if items[first] == .symbol("("), items.closing(first) == range.upperBound - 1 {
            return parenthesized(first + 1..<range.upperBound - 1)
        }
        if items[first] == .word("case") { return branches(range) }
        guard let name = items.name(at: first) else { return .unknown }
        if items[first + 1] == .symbol("(") { return call(name, first, range) }
        if items[first + 1] == .symbol("."), let last = items.name(at: range.upperBound - 1) {
            guard range.count == 3 || range.count == 5 else { return .unknown }
            return column(last, of: items.name(at: range.upperBound - 3), at: first)
        }
        return .unknown
    }

    private func parenthesized(_ range: Range<Int>) -> ExpressionType {
        guard let first = range.first else { return .unknown }
        let isQuery = [.word("select"), .word("with"), .word("values")].contains(items[first])
        guard open.isEmpty else { return isQuery ? query(range, column: 0) : type(of: range) }
        // What is within others is asked for with each of them.
        if let known = found.operands[range] { return known }
        let type = isQuery ? query(range, column: 0) : type(of: range)
        found.operands[range] = type
        return type
    }

    /// The type of one column of a query: what all parts of a UNION have in common.
    func query(_ range: Range<Int>, column: Int) -> ExpressionType {
        query(SelectList.arms(of: items, in: range), column: column)
    }

    func query(_ arms: [SelectList], column: Int) -> ExpressionType {
        var result = ExpressionType.any
        for arm in arms {
            let before = arm.items.prefix(column + 1)
            guard column < arm.items.count, !before.contains(where: \.isStar) else { return .unknown }
            result = result.or(type(of: arm.items[column].expression))
        }
        return result == .any ? .unknown : result
    }

    private func branches(_ range: Range<Int>) -> ExpressionType {
        guard range.count > 2, items[range.upperBound - 1] == .word("end") else { return .unknown }
        let inner = range.lowerBound + 1..<range.upperBound - 1
        let marks = items.places(in: inner) { [.word("when"), .word("then"), .word("else")].contains($0) }
        var result = ExpressionType.any
        for (number, mark) in marks.enumerated() where items[mark] != .word("when") {
            let end = number + 1 < marks.count ? marks[number + 1] : inner.upperBound
            result = result.or(type(of: mark + 1..<end))
        }
        return result
    }
}
