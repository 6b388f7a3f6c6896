import PostgresWire
import TandemSQLite

/// A piece of a statement as those see it who look for types: words in lower case, casts as one.
enum SQLItem: Hashable {
    /// A keyword, or a name without quotes, in lower case.
    case word(String)
    /// A name in quotes, without them, in lower case: SQLite compares all names without case.
    case name(String)
    case string, blob, integer, real
    /// `$1`; 0 for one that has no number.
    case parameter(Int)
    case symbol(String)
    /// `::type`
    case cast(PostgresType)

    /// The items of a statement.
    ///
    /// - Parameter numbers: strings that are taken for parameters with these numbers, by their first bytes.
    static func items(of text: String, numbers: [Int: Int] = [:]) -> [SQLItem] {
        var source = text
        let tokens = source.withUTF8 { Array(SQLTokenizer($0)) }
        var items: [SQLItem] = []
        items.reserveCapacity(tokens.count)
        var place = tokens.startIndex
        while place < tokens.endIndex {
            let token = source.bytes(tokens[place].range)
            if token == ":", place + 1 < tokens.endIndex, source.bytes(tokens[place + 1].range).hasPrefix(":") {
                let (types, end) = typeNames(source, tokens, from: place + 1)
                items += types.map { SQLItem.cast(PostgresType(cast: $0)) }
                place = end
                continue
            }
            place += 1
            if let symbol = foreignSymbol(source, tokens, place - 1) {
                items.append(.symbol(symbol))
                place += 1
                continue
            }
            switch tokens[place - 1].kind {
            case .word: items.append(.word(token.lowercased()))
            case .quotedName where token.hasPrefix("[") && isSubscript(source, tokens, place - 1):
                items.append(.symbol(token))
            case .quotedName: items.append(.name(WordCursor.unquoted(token).lowercased()))
            case .string: items.append(numbers[tokens[place - 1].range.lowerBound].map { .parameter($0) } ?? .string)
            case .blob: items.append(.blob)
            case .number:
                let isInteger = token.allSatisfy(\.isNumber) || token.lowercased().hasPrefix("0x")
                items.append(isInteger ? .integer : .real)
            case .parameter:
                let colons = token.firstRange(of: "::")
                items.append(.parameter(Int(token[..<(colons?.lowerBound ?? token.endIndex)].dropFirst()) ?? 0))
                guard let colons else { continue }
                // SQLite's tokenizer takes `$1::int` for one name.
                let (types, end) = typeNames(source, tokens, from: place, begun: String(token[colons.upperBound...]))
                items += types.map { SQLItem.cast(PostgresType(cast: $0)) }
                place = end
            case .symbol, .malformed: items.append(.symbol(token))
            case .semicolon: continue
            }
        }
        return items
    }

    /// An operator of JSON documents that is two tokens to SQLite; nil where there is none.
    private static func foreignSymbol(_ source: String, _ tokens: [SQLToken], _ place: Int) -> String? {
        guard tokens.indices.contains(place + 1), tokens[place].range.count == 1,
            tokens[place].range.upperBound == tokens[place + 1].range.lowerBound
        else { return nil }
        let symbol = source.bytes(tokens[place].range.lowerBound..<tokens[place + 1].range.upperBound)
        return ["@>", "<@", "#>", "#>>", "#-"].contains(symbol) ? symbol : nil
    }

    /// Whether brackets stand directly behind what they may be a subscript of.
    private static func isSubscript(_ source: String, _ tokens: [SQLToken], _ place: Int) -> Bool {
        guard place > 0, tokens[place - 1].range.upperBound == tokens[place].range.lowerBound else { return false }
        return tokens[place - 1].kind != .symbol || source.bytes(tokens[place - 1].range) == ")"
    }

    /// A type's words from a token on: `double precision`, `numeric ( 10 , 2 )`, `int [ ]`; and those before it of
    /// `a::b`, which is one name to SQLite's tokenizer.
    private static func typeNames(
        _ source: String, _ tokens: [SQLToken], from start: Int, begun: String? = nil
    ) -> ([String], Int) {
        var place = start
        var name = begun ?? ""
        func peek() -> String? { place < tokens.endIndex ? source.bytes(tokens[place].range) : nil }
        if begun == nil {
            // `:` and `int`, or `:int`.
            name = String((peek() ?? "").drop { $0 == ":" })
            place += 1
            if name.isEmpty, let next = peek() {
                name = next
                place += 1
            }
        }
        if begun?.isEmpty == true, let next = peek() {
            // `$1::"type"`
            name = next
            place += 1
        }
        name = WordCursor.unquotedName(name)
        if name.lowercased() == "pg_catalog", peek() == ".", place + 1 < tokens.endIndex {
            name = WordCursor.unquotedName(source.bytes(tokens[place + 1].range))
            place += 2
        }
        let more: Set<String> = ["varying", "precision", "without", "with", "time", "zone"]
        while let next = peek()?.lowercased(), more.contains(next) {
            name += " " + next
            place += 1
        }
        if peek() == "(" {
            while let next = peek(), next != ")" {
                place += 1
                name += next
            }
            place += 1
        }
        while peek()?.hasPrefix("[") == true {
            name += "[]"
            place += 1
        }
        let names = name.split(separator: "::", omittingEmptySubsequences: false).map { $0.lowercased() }
        return (names, place)
    }
}

extension Array where Element == SQLItem {
    /// The place of the parenthesis that closes the one at `start`; the end if none does.
    func closing(_ start: Int) -> Int {
        var depth = 0
        for place in start..<endIndex {
            if self[place] == .symbol("(") { depth += 1 }
            if self[place] == .symbol(")") {
                depth -= 1
                if depth == 0 { return place }
            }
        }
        return endIndex
    }

    /// The places of `separators` in a range, outside of parentheses and of CASE … END.
    func places(in range: Range<Int>, where matches: (SQLItem) -> Bool) -> [Int] {
        var depth = 0
        var places: [Int] = []
        for place in range {
            switch self[place] {
            case .symbol("("), .word("case"): depth += 1
            case .symbol(")"), .word("end"): depth -= 1
            case let item where depth == 0 && matches(item): places.append(place)
            default: continue
            }
        }
        return places
    }

    /// The parts of a range that commas separate.
    func list(in range: Range<Int>) -> [Range<Int>] {
        var start = range.lowerBound
        var parts: [Range<Int>] = []
        for comma in places(in: range, where: { $0 == .symbol(",") }) {
            parts.append(start..<comma)
            start = comma + 1
        }
        return start < range.upperBound || !parts.isEmpty ? parts + [start..<range.upperBound] : parts
    }

    /// The name at a place, quoted or not.
    func name(at place: Int) -> String? {
        guard indices.contains(place) else { return nil }
        switch self[place] {
        case .word(let name), .name(let name): return name
        default: return nil
        }
    }
}
