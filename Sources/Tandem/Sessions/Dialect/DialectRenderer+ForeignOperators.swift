import PostgresWire

// Operators that SQLite's grammar has not: `^`, and those of JSON documents; and `||` of documents and arrays.
extension DialectRenderer {
    private static let foreign: Set<String> = ["^", "#>", "#>>", "#-", "@>", "<@"]
    private static let documents: Set<String> = ["->", "->>", "#>", "#>>", "#-", "@>", "<@"]

    /// Whether a token is one of them, or may be.
    static func isForeignOperator(_ token: DialectToken) -> Bool {
        token.kind == .symbol && (foreign.contains(token.text) || token.text == "->")
    }

    /// Whether what stands at a place is written in another way than it is.
    private func isForeign(_ place: Int) -> Bool {
        Self.foreign.contains(tokens[place].text) || joins[place] != nil || isRemoval(place)
            || tokens[place].text == "->" && elementFromEnd(place + 1) != nil
    }

    private func isRemoval(_ place: Int) -> Bool { minuses[place]?.isRemoval == true }

    /// `-1` of `j -> -1`, which SQLite knows only as a path; nil where there is no such number.
    private func elementFromEnd(_ place: Int) -> String? {
        guard word(at: place) == "-", tokens.indices.contains(place + 1), tokens[place + 1].kind == .number,
            tokens[place + 1].text.allSatisfy(\.isNumber)
        else { return nil }
        return "'$[#-\(tokens[place + 1].text)]'"
    }

    /// Writes the operands from here on that have such operators between them. Returns false if they have none.
    ///
    /// All of these operators go from the left to the right, `-` before the others; the sign of an operand belongs to it (PostgreSQL's manual,
    /// 4.1.6).
    mutating func foreignOperators(_ output: inout Output, _ frame: QueryFrame) throws(PostgresError) -> Bool {
        guard hasForeignOperators || !joins.isEmpty || !minuses.isEmpty, !isAfterOperand(output),
            let first = operandEnd(output.place, output.end), first < output.end, tokens[first].kind == .symbol
        else { return false }
        let documents = joins.isEmpty ? Self.documents : Self.documents.union(["||"])
        let symbols: Set<String> = tokens[first].text == "^" ? ["^"] : documents
        var places: [Int] = []
        var end = first
        while end < output.end, tokens[end].kind == .symbol,
            symbols.contains(tokens[end].text) || isRemoval(end),
            let next = operandEnd(end + 1, output.end)
        {
            places.append(end)
            end = next
            guard places.count <= StatementDepth.maximum else { throw .tooDeep }
        }
        guard places.contains(where: isForeign) else { return false }
        var operators: [Int] = []
        var operands = [try render(output.place..<first, frame)]
        for (place, next) in zip(places, places.dropFirst() + [end]) {
            let operand: TranslatedSQL
            if tokens[place].text == "->", let element = elementFromEnd(place + 1) {
                operand = TranslatedSQL(element)
            } else {
                operand = try render(place + 1..<next, frame)
            }
            if isRemoval(place), let left = operands.popLast() {
                let name = minuses[place] == .members ? "tandem_json_remove_all" : "tandem_json_remove"
                operands.append(TranslatedSQL("json(\(name)($1, $2))", [left, operand]))
            } else {
                operators.append(place)
                operands.append(operand)
            }
        }
        var sql = operands[0]
        for (place, operand) in zip(operators, operands.dropFirst()) {
            let template = joins[place].map(Self.template(of:)) ?? Self.template(of: tokens[place].text)
            sql = TranslatedSQL(template, [sql, operand])
        }
        replace(through: end - 1, by: sql, &output)
        return true
    }

    private static func template(of symbol: String) -> String {
        switch symbol {
        case "^": "power($1, $2)"
        // What json() gives is JSON to the functions that it is given to.
        case "#>": "json(tandem_json_at($1, $2))"
        case "#>>": "tandem_json_text_at($1, $2)"
        case "#-": "json(tandem_json_remove_at($1, $2))"
        case "@>": "tandem_json_contains($1, $2)"
        case "<@": "tandem_json_contains($2, $1)"
        default: "($1 \(symbol) $2)"
        }
    }

    private static func template(of join: Join) -> String {
        func array(_ operand: String, _ isArray: Bool) -> String {
            isArray ? "tandem_array(\(operand))" : "json_array(\(operand))"
        }
        return switch join {
        case .texts: "($1 || $2)"
        case .documents: "json(tandem_json_join($1, $2))"
        case .arrays(let left, let right): "tandem_json_join(\(array("$1", left)), \(array("$2", right)))"
        }
    }

    /// `(start, end) OVERLAPS (start, end)`, which begins here. Returns false if it does not.
    mutating func overlaps(_ close: Int, _ output: inout Output, _ frame: QueryFrame) throws(PostgresError) -> Bool {
        guard word(at: close + 1) == "overlaps", word(at: close + 2) == "(", let end = closing(close + 2) else {
            return false
        }
        let bounds = list(output.place + 1..<close) + list(close + 3..<end)
        guard bounds.count == 4 else { return false }
        var arguments: [TranslatedSQL] = []
        for range in bounds { arguments.append(try render(range, frame)) }
        replace(through: end, by: TranslatedSQL("tandem_overlaps($*)", arguments), &output)
        return true
    }
}
