import PostgresWire
import TandemSQLite

/// What `-` does.
enum Minus: Hashable, Sendable {
    /// What SQLite makes of it, or the text alone tells of.
    case plain
    /// It takes a key, or an element by its number, out of a JSON document.
    case member
    /// It takes the keys of an array out of a document.
    case members
    /// It counts what lies between two positions of the log.
    case positions
    /// One side of it is a date or a time; nil for one that is neither.
    case moments(left: PostgresType?, right: PostgresType?)

    fileprivate static func of(_ left: PostgresType?, _ right: PostgresType?) -> Minus {
        // A literal beside a position is one.
        if [left, right].contains(.pgLSN), [left, right].allSatisfy({ $0 == .pgLSN || $0 == nil || $0 == .text }) {
            return .positions
        }
        let (left, right) = (left.flatMap { $0.isDatetime ? $0 : nil }, right.flatMap { $0.isDatetime ? $0 : nil })
        return left == nil && right == nil ? .plain : .moments(left: left, right: right)
    }

    /// The function that does it; nil for what SQLite, or arithmetic with dates, does.
    var function: String? {
        switch self {
        case .member: "json(tandem_json_remove($1, $2))"
        case .members: "json(tandem_json_remove_all($1, $2))"
        case .positions: "tandem_lsn_diff($1, $2)"
        case .plain, .moments: nil
        }
    }
}

/// What brackets behind an operand are.
enum Subscript: Hashable, Sendable {
    /// Of an array, or of what nothing is known of.
    case element
    /// Of a JSON document.
    case member
    /// Of a type that has no parts.
    case refused(PostgresType)
}

/// What a cast to text is of, where SQLite's own would be another text.
enum TextOperand: Hashable, Sendable {
    case other, boolean, bytes
}

// Where operators mean something else because of a JSON document, or a date, beside them.
extension TypedPlaces {
    /// Whether `-`, brackets or a cast to text stand behind an operand, whose type decides what they mean.
    static func mayDependOnOperands(_ source: String) -> Bool {
        var text = source
        let tokens = text.withUTF8 { Array(SQLTokenizer($0)) }
        for place in tokens.indices.dropFirst() {
            let (last, token) = (tokens[place - 1], tokens[place])
            switch last.kind {
            case .symbol where source.bytes(last.range) != ")": continue
            // BETWEEN -5 AND -3
            case .word where SQLItem.isBeforeOperand(source.bytes(last.range).lowercased()): continue
            case .malformed, .semicolon: continue
            case .symbol, .word, .quotedName, .string, .blob, .number, .parameter: break
            }
            switch token.kind {
            case .symbol where source.bytes(token.range) == "-": return true
            case .symbol where source.bytes(token.range) == ":":
                if ![.string, .parameter].contains(last.kind), makesText(source, tokens[(place + 1)...]) {
                    return true
                }
            case .quotedName where last.range.upperBound == token.range.lowerBound:
                let isArray = source.bytes(last.range).lowercased() == "array"
                if source.bytes(token.range).hasPrefix("["), !isArray { return true }
            default: continue
            }
        }
        return false
    }

    /// Whether what follows the first colon of a cast is another one, and a type of texts.
    private static func makesText(_ source: String, _ tokens: ArraySlice<SQLToken>) -> Bool {
        guard let first = tokens.first.map({ source.bytes($0.range).lowercased() }), first.hasPrefix(":") else {
            return false
        }
        let name = first == ":" ? tokens.dropFirst().first.map { source.bytes($0.range).lowercased() } : nil
        return ["text", "varchar", "character", "char", "bpchar"].contains(name ?? String(first.dropFirst()))
    }

    /// What each `-` does. It binds closer than all other operators of documents (PostgreSQL's manual, 4.1.6).
    static func minuses(_ typer: ExpressionTyper) -> [Minus] {
        let items = typer.items
        var minuses: [Minus] = []
        var documents: Set<Int> = []
        for place in items.indices where items[place] == .symbol("-") {
            guard let start = items.operandStart(endingAt: place - 1),
                let end = items.operandEnd(beginningAt: place + 1)
            else {
                minuses.append(.plain)
                continue
            }
            let right = typer.joinOperand(place + 1..<end)
            let left = typer.joinOperand(start..<place)
            guard documents.contains(start - 1) || left.type.isDocument else {
                minuses.append(.of(left.type.type, right.type.type))
                continue
            }
            documents.insert(place)
            minuses.append(right.isArray ? .members : .member)
        }
        return minuses
    }

    /// What each pair of brackets behind an operand is.
    static func subscripts(_ typer: ExpressionTyper) -> [Subscript] {
        let items = typer.items
        return items.indices.compactMap { place -> Subscript? in
            guard case .symbol(let symbol) = items[place], symbol.hasPrefix("[") else { return nil }
            guard let start = items.operandStart(endingAt: place - 1), items[place - 1] != .word("array"),
                let type = typer.type(of: start..<place).type, !type.isArray
            else { return .element }
            return [.json, .jsonb].contains(type) ? .member : .refused(type)
        }
    }

    /// What each `::` is of, where it makes a text.
    static func casts(_ typer: ExpressionTyper) -> [TextOperand] {
        let items = typer.items
        return items.indices.compactMap { place -> TextOperand? in
            guard case .cast(let cast) = items[place] else { return nil }
            guard cast == .text || cast == .varchar, let start = items.operandStart(endingAt: place - 1) else {
                return .other
            }
            let type = typer.type(of: start..<place).type
            return type == .bool ? .boolean : type == .bytea ? .bytes : .other
        }
    }
}
