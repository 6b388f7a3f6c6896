import PostgresWire

/// Tells the types of parameters from where they stand: beside a column, in its place of an INSERT, under a cast.
struct ParameterTyper {
    private var typer: ExpressionTyper
    var items: [SQLItem] { typer.scope.items }
    /// What has been found. The first place of a parameter that tells decides, as in PostgreSQL.
    private(set) var types: [Int: PostgresType] = [:]
    /// The list that was looked at last.
    var list = ValueList()
    /// The CASE … END that are open, the innermost last; with the types of what they compare, once these were looked for.
    var cases: [(place: Int, type: ExpressionType?)] = []
    /// Whether a plain string is looked at (``PlainLiterals``), which is a text beside what is computed with a column.
    private(set) var isLiteral = false

    init(_ typer: ExpressionTyper, columnNames: (String) -> [String]?) {
        self.typer = typer
        if typer.items.contains(where: Self.isPlainLiteral) {
            // Beside a comparison a plain string is a boolean.
            self.typer.predicate = .bool
            self.typer.found = ExpressionTyper.NameTypes()
        }
        for place in typer.scope.items.indices {
            switch typer.scope.items[place] {
            case .parameter(let number): look(at: place, number)
            case .word("into"): readInsertion(at: place, columnNames)
            case .word("case"): cases.append((place, nil))
            case .word("end"): _ = cases.popLast()
            default: continue
            }
        }
    }

    private static let comparisons: Set<SQLItem> = [
        .symbol("="), .symbol("=="), .symbol("<>"), .symbol("!="), .symbol("<"), .symbol(">"), .symbol("<="),
        .symbol(">="), .symbol("+"), .symbol("-"), .symbol("*"), .symbol("/"), .symbol("%"), .word("is"),
    ]

    private static func isPlainLiteral(_ item: SQLItem) -> Bool {
        if case .parameter(let number) = item { return number >= PlainLiterals.firstNumber }
        return false
    }

    mutating func note(_ number: Int, _ type: ExpressionType) {
        guard number > 0, types[number] == nil, case .known(let type) = type else { return }
        types[number] = type
    }

    func item(_ place: Int) -> SQLItem? { items.indices.contains(place) ? items[place] : nil }

    private mutating func look(at place: Int, _ number: Int) {
        isLiteral = number >= PlainLiterals.firstNumber
        if case .cast(let type) = item(place + 1) { return note(number, .known(type)) }
        if item(place - 1) == .word("limit") || item(place - 1) == .word("offset") {
            return note(number, .known(.int8))
        }
        if !isLiteral, let type = typeOfLockNumber(at: place) ?? typeOfArgument(at: place) {
            return note(number, .known(type))
        }
        if item(place + 1) == .word("as"), item(place - 1) == .symbol("("), item(place - 2) == .word("cast") {
            return note(number, cast(from: place + 2))
        }
        if let before = item(place - 1) {
            if Self.comparisons.contains(before) { note(number, operand(endingAt: place - 2).beside(before)) }
            if before == .word("not"), item(place - 2) == .word("is") { note(number, operand(endingAt: place - 3)) }
            if before == .word("from"), item(place - 2) == .word("distinct") {
                // IS [NOT] DISTINCT FROM
                let isPlace = item(place - 3) == .word("not") ? place - 4 : place - 3
                if item(isPlace) == .word("is") { note(number, operand(endingAt: isPlace - 1)) }
            }
            if before == .word("between") { note(number, operand(endingAt: place - 2, skippingNot: true)) }
            if before == .word("and"), item(place - 3) == .word("between") {
                note(number, operand(endingAt: place - 4, skippingNot: true))
            }
            if before == .word("when") { note(number, operandOfCase()) }
        }
        if let behind = item(place + 1), Self.comparisons.contains(behind) {
            note(number, operand(beginningAt: place + 2).beside(behind))
        }
        lookForList(at: place, number)
    }

    private func cast(from place: Int) -> ExpressionType {
        let words = (place..<items.endIndex).prefix { items[$0] != .symbol(")") && items[$0] != .symbol("(") }
            .compactMap { items.name(at: $0) }
        return .known(PostgresType(cast: words.joined(separator: " ")))
    }

    func type(of range: Range<Int>) -> ExpressionType { typer.type(of: range) }

    /// `INTO table [(columns)] VALUES ($1, $2), …`
    private mutating func readInsertion(at into: Int, _ columnNames: (String) -> [String]?) {
        var place = into + 1
        guard var table = items.name(at: place) else { return }
        place += 1
        if item(place) == .symbol("."), let name = items.name(at: place + 1) {
            table = name
            place += 2
        }
        if item(place) == .word("as") { place += 2 }
        var names = columnNames(table) ?? []
        if item(place) == .symbol("(") {
            let close = items.closing(place)
            names = items.list(in: place + 1..<close).compactMap { items.name(at: $0.lowerBound) }
            place = close + 1
        }
        // OVERRIDING SYSTEM VALUE
        if item(place) == .word("overriding") { place += 3 }
        if item(place) == .word("select") {
            // A plain string that is selected is a value of the column it goes to.
            for (name, selected) in zip(names, SelectList(items, at: place).items.prefix { !$0.isStar }) {
                let expression = selected.expression
                guard expression.count == 1, case .parameter(let number) = items[expression.lowerBound],
                    number >= PlainLiterals.firstNumber
                else { continue }
                note(number, typer.column(name, ofTable: table))
            }
        }
        guard item(place) == .word("values") else { return }
        place += 1
        while item(place) == .symbol("(") {
            let close = items.closing(place)
            for (name, range) in zip(names, items.list(in: place + 1..<close)) {
                if range.count == 1, case .parameter(let number) = items[range.lowerBound] {
                    note(number, typer.column(name, ofTable: table))
                }
            }
            place = close + 1
            if item(place) == .symbol(",") { place += 1 }
        }
    }
}

extension ExpressionType {
    /// The type of a parameter that stands on the other side of an operator: to a moment only an interval can be added, and
    /// an interval is multiplied with a number.
    fileprivate func beside(_ symbol: SQLItem) -> ExpressionType {
        guard let type else { return self }
        // What is taken out of a document is a key or a number.
        if isDocument, [.symbol("+"), .symbol("-"), .symbol("*"), .symbol("/"), .symbol("%")].contains(symbol) {
            return .unknown
        }
        switch symbol {
        case .symbol("+"): return type == .date ? .unknown : type.isDatetime ? .known(.interval) : self
        case .symbol("-"): return type == .date ? .unknown : self
        case .symbol("*"), .symbol("/"): return type == .interval ? .known(.float8) : self
        default: return self
        }
    }
}
