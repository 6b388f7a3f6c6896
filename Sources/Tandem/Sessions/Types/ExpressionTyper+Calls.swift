import PostgresWire

// Functions and casts.
extension ExpressionTyper {
    func call(_ name: String, _ place: Int, _ range: Range<Int>) -> ExpressionType {
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
        case .joined: return .known(arguments.first.map(type)?.type == .bytea ? .bytea : .text)
        case .sum:
            guard case .known(let type)? = arguments.first.map(type), type.isNumber else { return .unknown }
            return .known(type.isInteger ? .int8 : type)
        }
    }

    func cast(_ range: Range<Int>) -> ExpressionType {
        guard let place = items.places(in: range, where: { $0 == .word("as") }).last else { return .unknown }
        let words = (place + 1..<range.upperBound).prefix { items[$0] != .symbol("(") }.compactMap {
            items.name(at: $0)
        }
        return PostgresType(sqliteCast: words.joined(separator: " ")).map { .known($0) } ?? .unknown
    }
}
