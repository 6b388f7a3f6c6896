import PostgresWire

/// What `||` stands between.
enum Join: Hashable, Sendable {
    case texts
    /// JSON documents.
    case documents
    /// Bytes, or bytes and a literal, NULL or a parameter.
    case bytes
    /// Arrays, or an array and what becomes an element of it.
    case arrays(left: Bool, right: Bool)
}

/// One side of an operator.
struct JoinOperand {
    var type: ExpressionType
    /// Whether it is a literal, NULL or a parameter, which are what the other side is.
    var isOpen = false

    var isArray: Bool { type.type?.isArray == true }
    var isDocument: Bool { type.isDocument }

    /// What `||` makes of this and the one behind it. A document beside a text is a text to PostgreSQL, too, and so is
    /// one of its type json beside a literal: that type has no `||`.
    func joined(with other: JoinOperand) -> (join: Join, type: ExpressionType) {
        if isArray || other.isArray {
            return (.arrays(left: isArray || isOpen, right: other.isArray || other.isOpen), isArray ? type : other.type)
        }
        let isOfOther = isOpen && other.type.type == .jsonb || other.isOpen && type.type == .jsonb
        if isDocument && other.isDocument || isOfOther {
            return (.documents, .known(.jsonb))
        }
        let areBytes = [type.type == .bytea, other.type.type == .bytea]
        if areBytes == [true, true] || areBytes[0] && other.isOpen || areBytes[1] && isOpen {
            return (.bytes, .known(.bytea))
        }
        return (.texts, .known(.text))
    }
}

// `||`, and the operators that look into JSON documents: all go from the left to the right.
extension ExpressionTyper {
    /// SQLite's own functions whose answers are JSON documents.
    private static let documentFunctions: Set<String> = [
        "json", "json_array", "json_object", "json_set", "json_insert", "json_replace", "json_remove", "json_patch",
        "json_group_array", "json_group_object", "json_quote",
    ]

    /// The type of operands with `operators` between them.
    func joined(_ range: Range<Int>, _ operators: [Int]) -> ExpressionType {
        var result = joinOperand(range.lowerBound..<(operators.first ?? range.upperBound))
        for (place, end) in zip(operators, operators.dropFirst() + [range.upperBound]) {
            let other = items[place] == .symbol("||") ? joinOperand(place + 1..<end) : JoinOperand(type: .unknown)
            result = JoinOperand(type: join(at: place, result, other).type)
        }
        return result.type
    }

    /// What an operator makes of its sides.
    func join(at place: Int, _ left: JoinOperand, _ right: JoinOperand) -> (join: Join, type: ExpressionType) {
        switch items[place] {
        case .symbol("||") where joinsTexts: (.texts, .known(.text))
        case .symbol("||"): left.joined(with: right)
        case .symbol("#>>"), .symbol("->>"): (.texts, .known(.text))
        case .symbol("->"), .symbol("#>"), .symbol("#-"): (.texts, .known(left.type.type == .jsonb ? .jsonb : .json))
        default: (.texts, .unknown)
        }
    }

    func joinOperand(_ range: Range<Int>) -> JoinOperand {
        guard let first = range.first, let last = range.last else { return JoinOperand(type: .unknown) }
        if range.count == 1 {
            switch items[first] {
            case .string, .parameter, .word("null"): return JoinOperand(type: type(of: range), isOpen: true)
            case .word, .name, .blob, .integer, .real, .symbol, .cast: return JoinOperand(type: type(of: range))
            }
        }
        if case .cast(let cast) = items[last], cast.isArray { return JoinOperand(type: .known(cast)) }
        if range.count == 2, items[first] == .word("array"), case .symbol(let list) = items[last], list.hasPrefix("[") {
            return JoinOperand(type: .known(Self.type(ofArray: list)))
        }
        if case .word(let name) = items[first], Self.documentFunctions.contains(name),
            items[first + 1] == .symbol("("), items.closing(first + 1) == last
        {
            return JoinOperand(type: .known(.json))
        }
        if open.isEmpty, let known = found.operands[range] { return JoinOperand(type: known) }
        let type = type(of: range)
        if open.isEmpty { found.operands[range] = type }
        return JoinOperand(type: type)
    }

    /// `[1, 2]`
    private static func type(ofArray list: String) -> PostgresType {
        let elements = SQLItem.items(of: String(list.dropFirst().dropLast()))
        let areIntegers = elements.allSatisfy { [.integer, .symbol(","), .symbol("-")].contains($0) }
        return (areIntegers ? PostgresType.int8 : .text).array
    }
}
