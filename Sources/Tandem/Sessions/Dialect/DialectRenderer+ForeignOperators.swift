import PostgresWire

// Operators that SQLite's grammar has not: `^`, and those of JSON documents; and `||` of documents and arrays.
extension DialectRenderer {
    private static let foreign: Set<String> = ["^", "#>", "#>>", "#-", "@>", "<@"]
    private static let documents: Set<String> = ["->", "->>", "#>", "#>>", "#-", "@>", "<@"]

    /// Whether a token is one of them, or may be.
    static func isForeignOperator(_ token: DialectToken) -> Bool {
        token.kind == .symbol && (foreign.contains(token.text) || ["->", "->>"].contains(token.text))
    }

    /// Whether what stands at a place is written in another way than it is.
    private func isForeign(_ place: Int) -> Bool {
        Self.foreign.contains(tokens[place].text) || joins[place] != nil || isFunction(place)
            || tokens[place].text == "->" && elementFromEnd(place + 1) != nil
    }

    private func isFunction(_ place: Int) -> Bool { minuses[place]?.function != nil }

    /// `-1` of `j -> -1`, which SQLite knows only as a path; nil where there is no such number.
    private func elementFromEnd(_ place: Int) -> String? {
        guard word(at: place) == "-", tokens.indices.contains(place + 1), tokens[place + 1].kind == .number,
            tokens[place + 1].text.allSatisfy(\.isNumber)
        else { return nil }
        return "'$[#-\(tokens[place + 1].text)]'"
    }

    /// Whether it is a sign behind two others: what stands behind them has been looked at from the second one on.
    private func isLaterSign(_ place: Int) -> Bool {
        (place - 2...place).allSatisfy {
            tokens.indices.contains($0) && tokens[$0].kind == .symbol && ["+", "-"].contains(tokens[$0].text)
        }
    }

    /// Operands with such operators between them.
    private struct Chain {
        /// The first operand, and the places of the operators.
        var first: Range<Int>
        var operators: [Int]
        var end: Int

        /// Each operator with its right operand.
        var parts: [(symbol: Int, operand: Range<Int>)] {
            zip(operators, operators.dropFirst() + [end]).map { ($0, $0 + 1..<$1) }
        }
        var range: Range<Int> { first.lowerBound..<end }
    }

    /// All of these operators go from the left to the right, `-` before the others; the sign of an operand belongs to it
    /// (PostgreSQL's manual, 4.1.6). Nil if none stands behind the operand that begins here.
    private func chain(_ output: Output) throws(PostgresError) -> Chain? {
        guard let first = operandEnd(output.place, output.end), first < output.end, tokens[first].kind == .symbol else {
            return nil
        }
        let documents = joins.isEmpty ? Self.documents : Self.documents.union(["||"])
        let symbols: Set<String> = tokens[first].text == "^" ? ["^"] : documents
        var chain = Chain(first: output.place..<first, operators: [], end: first)
        while chain.end < output.end, tokens[chain.end].kind == .symbol,
            symbols.contains(tokens[chain.end].text) || isFunction(chain.end),
            let next = operandEnd(chain.end + 1, output.end)
        {
            chain.operators.append(chain.end)
            chain.end = next
            guard chain.operators.count <= StatementDepth.maximum else { throw .tooDeep }
        }
        return chain.operators.isEmpty ? nil : chain
    }

    /// Writes the operands from here on that have such operators between them. Returns false if they have none.
    mutating func foreignOperators(_ output: inout Output, _ frame: QueryFrame) throws(PostgresError) -> Bool {
        guard hasForeignOperators || !joins.isEmpty || !minuses.isEmpty, !isAfterOperand(output),
            !isLaterSign(output.place), let chain = try self.chain(output), let last = chain.operators.last
        else { return false }
        var texts = Set(chain.operators.filter { tokens[$0].text == "->>" && !isOwnArrow($0) })
        // The last one gives the value of the whole; those before it are operands.
        if texts.contains(last), standsForValue(chain.range) || isComparedWithWord(chain.range) { texts.remove(last) }
        guard !texts.isEmpty || chain.operators.contains(where: isForeign) else { return false }
        var operators: [Int] = []
        var operands = [try render(chain.first, frame)]
        for (place, range) in chain.parts {
            let operand = try self.operand(range, of: place, frame)
            if let function = minuses[place]?.function, let left = operands.popLast() {
                operands.append(TranslatedSQL(function, [left, operand]))
            } else {
                operators.append(place)
                operands.append(operand)
            }
        }
        let parameter = texts.contains(last) ? comparedParameter(chain.range) : nil
        var sql = operands[0]
        for (place, operand) in zip(operators, operands.dropFirst()) {
            if place == last, let parameter {
                let value = TranslatedSQL(tokens[parameter.value].text)
                replace(through: parameter.end, by: TranslatedSQL(Self.comparedText, [sql, operand, value]), &output)
                return true
            }
            let template =
                texts.contains(place)
                ? "tandem_json_text($1, $2)"
                : joins[place].map(Self.template(of:)) ?? Self.template(of: tokens[place].text)
            sql = TranslatedSQL(template, [sql, operand])
        }
        replace(through: chain.end - 1, by: sql, &output)
        return true
    }

    /// The first half is what SQLite has an index for.
    private static let comparedText =
        "($1 ->> $2 IN ($3, tandem_json_scalar($3)) AND tandem_json_text($1, $2) = CAST($3 AS TEXT))"

    private mutating func operand(
        _ range: Range<Int>, of place: Int, _ frame: QueryFrame
    ) throws(PostgresError) -> TranslatedSQL {
        if tokens[place].text == "->", let element = elementFromEnd(place + 1) { return TranslatedSQL(element) }
        return try render(range, frame)
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
        case .bytes: "CAST(tandem_bytea($1) || tandem_bytea($2) AS BLOB)"
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
