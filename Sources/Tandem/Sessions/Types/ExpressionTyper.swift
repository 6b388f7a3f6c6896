import PostgresWire

/// Tells the types of expressions as far as their text and the declared types of columns do.
struct ExpressionTyper {
    let scope: StatementScope
    /// The columns of a table with their types, in lower case; nil if there is no such table.
    let columns: (String) -> [String: PostgresType]?
    /// The type of a parameter, if it is known already.
    var parameter: (Int) -> PostgresType? = { _ in nil }
    /// The type of a comparison: SQLite's are numbers, those of the catalogue's clients booleans.
    var predicate = PostgresType.int8
    /// Names whose types are being looked for: a recursive query leads back to itself.
    private var open: Set<String> = []

    init(scope: StatementScope, columns: @escaping (String) -> [String: PostgresType]?) {
        self.scope = scope
        self.columns = columns
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
    private static let joins: Set<SQLItem> = [
        .symbol("||"), .symbol("->"), .symbol("->>"), .symbol("#>"), .symbol("#>>"),
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
        if !operators.isEmpty { return datetimes(range, operators) ?? arithmetic(range, operators) }
        if !items.places(in: range, where: { $0 == .symbol("^") }).isEmpty { return .known(.float8) }
        if range.count > 4, items[last - 3] == .word("at"), items[last - 2] == .word("time"),
            items[last - 1] == .word("zone")
        {
            return type(of: range.dropLast(4)).inOtherZone
        }
        if let join = items.places(in: range, where: Self.joins.contains).last {
            switch items[join] {
            case .symbol("||"), .symbol("#>>"): return .known(.text)
            case .symbol("->"), .symbol("#>"): return .known(.json)
            default: return .unknown
            }
        }
        if range.count > 2, items[last - 1] == .word("collate") { return type(of: range.lowerBound..<last - 1) }
        if case .cast(let cast) = items[last] { return .known(cast.isArray && predicate != .bool ? .text : cast) }
        return primary(range)
    }

    /// Words that are names as well, unless what belongs to them follows.
    private func isPredicate(_ place: Int) -> Bool {
        guard items.indices.contains(place + 1), place > 0 else { return false }
        return items[place] == .word("similar") ? items[place + 1] == .word("to") : items[place + 1] == .symbol("(")
    }

    private func arithmetic(_ range: Range<Int>, _ operators: [Int]) -> ExpressionType {
        var start = range.lowerBound
        var result: ExpressionType?
        for place in operators + [range.upperBound] {
            // A sign has nothing before it.
            if start < place {
                let operand = type(of: start..<place)
                result = result.map { $0.computed(with: operand) } ?? operand
            }
            start = place + 1
        }
        guard let result, result == .any || result.type?.isNumber == true else { return .unknown }
        return result
    }

    private func primary(_ range: Range<Int>) -> ExpressionType {
        let first = range.lowerBound
        if let literal = items.datetimeLiteral(range) { return .known(literal) }
        if range.count == 1 {
            switch items[first] {
            case .integer: return .known(.int8)
            case .word("true"), .word("false"): return .known(predicate)
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
            case .parameter(let number): return parameter(number).map { .known($0) } ?? .unknown
            case .word(let name), .name(let name): return column(name, of: nil)
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
            return column(last, of: items.name(at: range.upperBound - 3))
        }
        return .unknown
    }

    private func parenthesized(_ range: Range<Int>) -> ExpressionType {
        guard let first = range.first else { return .unknown }
        guard [.word("select"), .word("with"), .word("values")].contains(items[first]) else { return type(of: range) }
        return query(range, column: 0)
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

    private func call(_ name: String, _ place: Int, _ range: Range<Int>) -> ExpressionType {
        let close = items.closing(place + 1)
        guard close < range.upperBound else { return .unknown }
        // Behind it only FILTER (…) and OVER … may follow.
        if close + 1 < range.upperBound {
            guard [.word("filter"), .word("over")].contains(items[close + 1]) else { return .unknown }
        }
        if name == "cast" { return cast(place + 2..<close) }
        let arguments = items.list(in: place + 2..<close).map { range -> Range<Int> in
            let end = items.places(in: range) { $0 == .word("order") }.first ?? range.upperBound
            let start = range.first.map { items[$0] == .word("distinct") } == true ? 1 : 0
            return min(range.lowerBound + start, end)..<end
        }
        switch FunctionTypes.result(of: name) {
        case nil: return .unknown
        case .always(let type): return .known(type)
        case .first: return arguments.first.map(type) ?? .unknown
        case .common: return arguments.map(type).reduce(.any) { $0.or($1) }
        case .commonButFirst: return arguments.dropFirst().map(type).reduce(.any) { $0.or($1) }
        case .array:
            guard case .known(let type)? = arguments.first.map(type) else { return .known(PostgresType.text.array) }
            return .known((type == .name ? .text : type).array)
        case .truncated:
            guard case .known(let type)? = arguments.dropFirst().first.map(type) else { return .known(.timestamp) }
            return .known(type == .date ? .timestamptz : [.timestamptz, .interval].contains(type) ? type : .timestamp)
        case .series:
            let type = arguments.map(self.type(of:)).reduce(ExpressionType.any) { $0.or($1) }
            guard let first = arguments.first.map(self.type(of:))?.type, first.isDatetime else { return type }
            return .known(first == .date ? .timestamptz : first)
        case .element:
            guard case .known(let type)? = arguments.first.map(type) else { return .unknown }
            return type.element.map { .known($0) } ?? .unknown
        case .sum:
            guard case .known(let type)? = arguments.first.map(type), type.isNumber else { return .unknown }
            return .known(type.isInteger ? .int8 : type)
        }
    }

    private func cast(_ range: Range<Int>) -> ExpressionType {
        guard let place = items.places(in: range, where: { $0 == .word("as") }).last else { return .unknown }
        let words = (place + 1..<range.upperBound).prefix { items[$0] != .symbol("(") }.compactMap {
            items.name(at: $0)
        }
        return PostgresType(sqliteCast: words.joined(separator: " ")).map { .known($0) } ?? .unknown
    }

    // MARK: Columns

    /// The type of a column by its name, and that of its table if it is said.
    func column(_ name: String, of table: String?) -> ExpressionType {
        if let table, let known = scope.tables[table], let columns = columns(known) {
            return Self.type(of: name, in: columns)
        }
        guard !open.contains(name) else { return .any }
        var result = ExpressionType.any
        var isFound = false
        for table in Set(scope.tables.values) {
            guard let columns = columns(table), columns[name] != nil || Self.isRowID(name) else { continue }
            isFound = true
            result = result.or(Self.type(of: name, in: columns))
        }
        var inner = self
        inner.open.insert(name)
        for expression in scope.expressions[name] ?? [] {
            // A column by its own name is the table's.
            if expression.count == 1, items.name(at: expression.lowerBound) == name { continue }
            isFound = true
            result = result.or(inner.type(of: expression))
        }
        return isFound ? result : .unknown
    }

    private static func isRowID(_ name: String) -> Bool { ["rowid", "oid", "_rowid_"].contains(name) }

    private static func type(of name: String, in columns: [String: PostgresType]) -> ExpressionType {
        if let type = columns[name] { return .known(type) }
        return isRowID(name) ? .known(.int8) : .unknown
    }
}
