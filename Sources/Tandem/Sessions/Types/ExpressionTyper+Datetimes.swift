import PostgresWire

// What PostgreSQL's operators make of dates and intervals (its manual, table 9.33).
extension ExpressionTyper {
    /// The type of operands with operators between them; nil where none is a date, timestamp or interval, or where it is
    /// SQLite that computes, because nothing but names tells so.
    func datetimes(
        _ operands: [Range<Int>], _ types: [ExpressionType], _ symbols: [SQLItem]
    ) -> ExpressionType? {
        guard symbols.count == types.count - 1,
            operands.indices.contains(where: { number in
                types[number].isOfDatetimes
                    && (tells(operands[number]) || isBesideMinus(number, symbols) && types[number].type != .interval)
            })
        else { return nil }
        return Self.sum(types, symbols)
    }

    /// Whether columns tell the translation what is computed.
    private func isBesideMinus(_ number: Int, _ symbols: [SQLItem]) -> Bool {
        guard !joinsTexts, scope.definition == nil else { return false }
        return [number - 1, number].contains { symbols.indices.contains($0) && symbols[$0] == .symbol("-") }
    }

    /// Whether the text of an operand, or a parameter whose type is known, tells of a date or an interval.
    private func tells(_ range: Range<Int>) -> Bool {
        range.contains { place in
            switch items[place] {
            case .cast(let type): type.isDatetime || type == .interval
            case .parameter(let number): parameter(number) != nil
            case .word("current_date"), .word("current_timestamp"), .word("localtimestamp"): true
            case .word("at"): range.contains(place + 1) && items[place + 1] == .word("time")
            case .word(let word): DialectRenderer.isOfDatetimes(word) && isTypeOrCall(place, in: range)
            case .name, .string, .blob, .integer, .real, .symbol: false
            }
        }
    }

    /// Whether a word that columns may be called by, too, is what it says: `date '…'`, `date(…)`, `CAST(… AS date)`.
    private func isTypeOrCall(_ place: Int, in range: Range<Int>) -> Bool {
        if range.contains(place - 1), items[place - 1] == .word("as") { return true }
        guard range.contains(place + 1) else { return false }
        if case .symbol(let symbol) = items[place + 1] { return symbol == "(" }
        return true
    }

    /// Products first.
    private static func sum(_ types: [ExpressionType], _ symbols: [SQLItem]) -> ExpressionType {
        var terms = [types[0]]
        var signs: [SQLItem] = []
        for (symbol, type) in zip(symbols, types.dropFirst()) {
            if symbol == .symbol("+") || symbol == .symbol("-") {
                terms.append(type)
                signs.append(symbol)
            } else if let last = terms.last {
                let isInterval = last.type == .interval || type.type == .interval
                terms[terms.count - 1] = isInterval ? .known(.interval) : last.computed(with: type)
            }
        }
        return zip(signs, terms.dropFirst()).reduce(terms[0]) { $1.0 == .symbol("+") ? $0.plus($1.1) : $0.minus($1.1) }
    }
}

extension ExpressionType {
    var isOfDatetimes: Bool { type.map { $0.isDatetime || $0 == .interval } ?? false }

    /// The other of `timestamp` and `timestamptz`.
    fileprivate static let zones: [PostgresType: PostgresType] = [
        .timestamp: .timestamptz, .timestamptz: .timestamp, .date: .timestamp,
    ]

    /// What AT TIME ZONE makes of it.
    var inOtherZone: ExpressionType { type.flatMap { Self.zones[$0] }.map { .known($0) } ?? .unknown }

    fileprivate func plus(_ other: ExpressionType) -> ExpressionType {
        if isOfDatetimes, !other.isOfDatetimes { return Self.sum(self, other) }
        if other.isOfDatetimes, !isOfDatetimes { return Self.sum(other, self) }
        guard let one = type, let two = other.type else { return .unknown }
        if one == .interval { return two == .date ? .known(.timestamp) : other }
        if two == .interval { return one == .date ? .known(.timestamp) : self }
        if [one, two] == [.date, .time] || [one, two] == [.time, .date] { return .known(.timestamp) }
        return one.isNumber && two.isNumber ? or(other) : .unknown
    }

    /// Of a date or interval with something else: what is added to a moment is an interval, be it a text.
    private static func sum(_ one: ExpressionType, _ other: ExpressionType) -> ExpressionType {
        if one.type == .interval { return .unknown }
        if one.type == .date { return other.type?.isInteger == true ? one : .unknown }
        return one
    }

    fileprivate func minus(_ other: ExpressionType) -> ExpressionType {
        guard let one = type, let two = other.type else { return .unknown }
        if one == .date, two == .date { return .known(.int4) }
        if one == .date, two.isInteger { return self }
        if two == .interval { return one == .date ? .known(.timestamp) : isOfDatetimes ? self : .unknown }
        if one.isDatetime, two.isDatetime { return .known(.interval) }
        return one.isNumber && two.isNumber ? or(other) : .unknown
    }
}

extension Array where Element == SQLItem {
    /// The type of a literal with its type before it, such as `timestamp with time zone '…'`; nil for anything else.
    func datetimeLiteral(_ range: Range<Int>) -> PostgresType? { datetimeLiteralAndEnd(range)?.type }

    /// The same where the range is the literal and nothing else.
    func wholeDatetimeLiteral(_ range: Range<Int>) -> PostgresType? {
        guard let literal = datetimeLiteralAndEnd(range) else { return nil }
        return literal.end == range.upperBound ? literal.type : nil
    }

    private func datetimeLiteralAndEnd(_ range: Range<Int>) -> (type: PostgresType, end: Int)? {
        guard let first = range.first, case .word(let word) = self[first], var type = DatetimeLiteral.type(named: word)
        else {
            return nil
        }
        var place = first + 1
        if range.contains(place), self[place] == .symbol("(") { place = closing(place) + 1 }
        if range.contains(place + 2), self[place] == .word("with") || self[place] == .word("without") {
            if self[place] == .word("with"), type == .timestamp { type = .timestamptz }
            place += 3
        }
        guard range.contains(place), self[place] == .string else { return nil }
        if type == .interval, range.contains(place + 1), case .word(let unit) = self[place + 1],
            DatetimeLiteral.units.contains(unit)
        {
            place += 1
        }
        return (type, place + 1)
    }
}
