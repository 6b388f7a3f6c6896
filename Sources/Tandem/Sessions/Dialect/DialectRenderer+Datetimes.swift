import PostgresWire

// Arithmetic with dates and intervals, which SQLite would do with the numbers that their texts begin with.
extension DialectRenderer {
    private static let comparisons: Set<String> = ["=", "==", "<>", "!=", "<", ">", "<=", ">="]

    /// Writes what is computed with dates from here on, with what it is compared to. Returns false if nothing is.
    mutating func datetimeArithmetic(_ output: inout Output, _ frame: QueryFrame) throws(PostgresError) -> Bool {
        guard computesWithDatetimes, !isAfterOperand(output), !isBehindOperator(output),
            let chain = datetimeChain(at: output.place, before: output.end)
        else { return false }
        let kind = self.kind(of: chain)
        if try comparison(chain, kind, &output, frame) { return true }
        guard kind != nil, isComputed(chain) else { return false }
        replace(through: chain.end - 1, by: try arithmetic(chain, frame), &output)
        return true
    }

    private static let behindAssignments: Set<String> = [
        "where", "from", "returning", "select", "insert", "update", "delete",
    ]

    /// The first `=` behind SET, and behind each comma of its list: `SET a = b = c` compares by the second one.
    static func assignments(_ tokens: [DialectToken]) -> Set<Int> {
        var assignments: Set<Int> = []
        var depth = 0
        // The depths of the SET whose lists are open; whether the next `=` of the innermost one assigns.
        var lists: [(depth: Int, isNext: Bool)] = []
        for (place, token) in tokens.enumerated() {
            switch token.word {
            case "(": depth += 1
            case ")":
                depth -= 1
                while let last = lists.last, last.depth > depth { lists.removeLast() }
            case "set" where token.kind == .word: lists.append((depth, true))
            case "," where lists.last?.depth == depth: lists[lists.count - 1].isNext = true
            case "=" where lists.last?.depth == depth && lists.last?.isNext == true:
                assignments.insert(place)
                lists[lists.count - 1].isNext = false
            // Not that of IS DISTINCT FROM.
            case let word
            where token.kind == .word && lists.last?.depth == depth && behindAssignments.contains(word):
                if tokens[place - 1].word != "distinct" { lists.removeLast() }
            default: continue
            }
        }
        return assignments
    }

    /// Within a chain that was left as it is.
    private func isBehindOperator(_ output: Output) -> Bool {
        guard let last = output.last, last.kind == .symbol else { return false }
        return ["+", "-", "*", "/", "%", "."].contains(last.text)
    }

    /// Whether there is anything to compute; a sign is, too.
    func isComputed(_ chain: DatetimeChain) -> Bool {
        chain.terms.count > 1 || chain.terms[0].factors.count > 1 || isNegative(chain.terms[0].factors[0].range)
    }

    private func isNegative(_ range: Range<Int>) -> Bool {
        range.first.map { tokens[$0].kind == .symbol && tokens[$0].text == "-" } ?? false
    }

    mutating func arithmetic(_ chain: DatetimeChain, _ frame: QueryFrame) throws(PostgresError) -> TranslatedSQL {
        guard chain.terms.reduce(0, { $0 + $1.factors.count }) <= StatementDepth.maximum else { throw .tooDeep }
        var result: TranslatedSQL?
        for term in chain.terms {
            let sql = try self.term(term, frame)
            guard let sum = result else {
                result = sql
                continue
            }
            result = TranslatedSQL("\(term.symbol == "+" ? "tandem_add" : "tandem_subtract")($1, $2)", [sum, sql])
        }
        return result ?? TranslatedSQL()
    }

    private mutating func term(_ term: DatetimeChain.Term, _ frame: QueryFrame) throws(PostgresError) -> TranslatedSQL {
        var result: TranslatedSQL?
        for factor in term.factors {
            let isNegative = self.isNegative(factor.range)
            let sql = try render(isNegative ? factor.range.dropFirst() : factor.range, frame)
            let value = isTimeOfDay(factor.range) ? TranslatedSQL("'T' || $1", [sql]) : sql
            let operand = isNegative ? TranslatedSQL("tandem_multiply(-1, $1)", [value]) : value
            guard let product = result else {
                result = operand
                continue
            }
            let name = factor.symbol == "*" ? "tandem_multiply" : "tandem_divide"
            result = TranslatedSQL("\(name)($1, $2)", [product, operand])
        }
        return result ?? TranslatedSQL()
    }

    /// An interval is compared by its length, not by its text. Returns false if none is.
    private mutating func comparison(
        _ chain: DatetimeChain, _ kind: DatetimeChain.Kind?, _ output: inout Output, _ frame: QueryFrame
    ) throws(PostgresError) -> Bool {
        let symbol = chain.end
        guard symbol < output.end else { return false }
        if tokens[symbol].kind == .symbol, Self.comparisons.contains(tokens[symbol].text) {
            guard !assignments.contains(symbol), let other = datetimeChain(at: symbol + 1, before: output.end),
                isLength(kind, self.kind(of: other))
            else {
                return false
            }
            let sides = [try length(chain, frame), try length(other, frame)]
            replace(through: other.end - 1, by: TranslatedSQL("$1 \(tokens[symbol].text) $2", sides), &output)
            return true
        }
        let isNegated = word(at: symbol) == "not"
        let between = isNegated ? symbol + 1 : symbol
        guard word(at: between) == "between", let low = datetimeChain(at: between + 1, before: output.end),
            word(at: low.end) == "and", let high = datetimeChain(at: low.end + 1, before: output.end),
            isLength(kind, self.kind(of: low))
        else { return false }
        let sides = [try length(chain, frame), try length(low, frame), try length(high, frame)]
        let template = "$1 \(isNegated ? "NOT " : "")BETWEEN $2 AND $3"
        replace(through: high.end - 1, by: TranslatedSQL(template, sides), &output)
        return true
    }

    private func isLength(_ one: DatetimeChain.Kind?, _ other: DatetimeChain.Kind?) -> Bool {
        one == .interval || other == .interval
    }

    private mutating func length(_ chain: DatetimeChain, _ frame: QueryFrame) throws(PostgresError) -> TranslatedSQL {
        let hasOperators = kind(of: chain) != nil && isComputed(chain)
        let sql =
            hasOperators ? try arithmetic(chain, frame) : try render(chain.terms[0].range.lowerBound..<chain.end, frame)
        return TranslatedSQL("tandem_length($1)", [sql])
    }

    /// `make_interval(days => 10, hours => 2)`, or its arguments in order. Nil if it is neither.
    mutating func intervalConstructor(_ inner: Range<Int>, _ frame: QueryFrame) throws(PostgresError) -> TranslatedSQL?
    {
        let names = ["years", "months", "weeks", "days", "hours", "mins", "secs"]
        var arguments = Array(repeating: TranslatedSQL("0"), count: names.count)
        for (number, range) in list(inner).enumerated() {
            var place = number
            var value = range
            if let first = range.first, let name = names.firstIndex(of: word(at: first)) {
                let symbols = range.dropFirst().prefix {
                    tokens[$0].kind == .symbol && [":", "=", ">", "=>"].contains(tokens[$0].text)
                }
                guard !symbols.isEmpty else { return nil }
                place = name
                value = range.dropFirst(1 + symbols.count)
            }
            guard arguments.indices.contains(place) else { return nil }
            arguments[place] = try render(value, frame)
        }
        return TranslatedSQL("tandem_make_interval($*)", arguments)
    }
}
