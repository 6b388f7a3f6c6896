import PostgresWire

// The columns of CREATE and ALTER TABLE: their types, constraints and defaults.
extension DialectRenderer {
    private static let serials: Set<String> = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"]
    /// The words behind a column's type.
    static let constraints: Set<String> = [
        "constraint", "not", "null", "primary", "unique", "check", "default", "references", "collate", "generated",
        "as",
    ]

    /// A column, or a constraint of the table.
    ///
    /// - Parameters:
    ///   - keys: the columns of a PRIMARY KEY that stands by itself.
    ///   - table: the name of the table that is created; nil where it is altered.
    mutating func column(
        _ range: Range<Int>, _ keys: [String]?, of table: DialectToken?
    ) throws(PostgresError) -> TranslatedSQL {
        guard let first = range.first,
            !["constraint", "primary", "unique", "foreign", "check"].contains(word(at: first))
        else { return try render(range, QueryFrame()) }
        let typeEnd = range.dropFirst().first { Self.constraints.contains(word(at: $0)) } ?? range.upperBound
        let identity = identity(typeEnd..<range.upperBound)
        let isSerial = Self.serials.contains(word(at: first + 1))
        guard isSerial || identity != nil else {
            var sql = try render(first..<first + 1, QueryFrame())
            sql.append(columnType(first + 1..<typeEnd))
            let type = columnType(first + 1..<typeEnd).text.drop(while: \.isWhitespace)
            sql.append(
                try columnConstraints(typeEnd..<range.upperBound, PostgresType(declaredAs: String(type))))
            return sql
        }
        return try numbered(
            NumberedColumn(name: first, constraints: typeEnd..<range.upperBound, identity: identity), keys, of: table)
    }

    /// Types whose names SQLite's grammar does not take: `TIMESTAMP (3) WITH TIME ZONE`.
    func columnType(_ range: Range<Int>) -> TranslatedSQL {
        var sql = TranslatedSQL()
        guard let first = range.first else { return sql }
        let words = range.map { word(at: $0) }
        if ["timestamp", "time"].contains(words[0]), words.suffix(2) == ["time", "zone"] {
            let isWith = words.contains("with")
            appendWhole(first, to: &sql)
            let isUppercase = tokens[first].text.first?.isUppercase == true
            if isWith, words[0] == "timestamp" { sql.append(isUppercase ? "TZ" : "tz") }
            return sql
        }
        for place in range { appendWhole(place, to: &sql) }
        return sql
    }

    /// The constraints of a column; PostgreSQL's DEFAULT takes functions without parentheses, and strings as values of the
    /// column's type.
    mutating func columnConstraints(
        _ range: Range<Int>, _ type: PostgresType? = nil
    ) throws(PostgresError) -> TranslatedSQL {
        guard let place = range.first(where: { word(at: $0) == "default" }), place + 1 < range.upperBound else {
            return range.isEmpty ? TranslatedSQL() : try render(range, QueryFrame())
        }
        var sql = try render(range.lowerBound..<place + 1, QueryFrame())
        let (value, end) = try defaultValue(place + 1..<range.upperBound, type)
        sql.append(value)
        sql.append(try columnConstraints(end..<range.upperBound, type))
        return sql
    }

    /// What stands behind DEFAULT, and the place behind that.
    private mutating func defaultValue(
        _ range: Range<Int>, _ type: PostgresType?
    ) throws(PostgresError) -> (value: TranslatedSQL, end: Int) {
        let first = range.lowerBound
        if let expression = defaultExpression(range) {
            return (parenthesized(try render(expression, QueryFrame())), expression.upperBound)
        }
        let isCall = word(at: first + 1) == "(" && tokens[first].kind == .word
        var end = isCall ? (closing(first + 1) ?? first) + 1 : first + 1
        let value: TranslatedSQL
        let moments = ["now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "localtimestamp"]
        if let chain = datetimeChain(at: first, before: range.upperBound), isComputed(chain), kind(of: chain) != nil {
            value = parenthesized(try arithmetic(chain, QueryFrame()))
            end = chain.end
        } else if moments.contains(word(at: first)) || word(at: first) == "current_timestamp" && isCall {
            // Other programs that open the file know it, too.
            value = TranslatedSQL(" (strftime('%Y-%m-%d %H:%M:%f', 'now'))")
        } else if let literal = try typedLiteral(at: first, type) {
            value = literal
        } else if isCall {
            value = parenthesized(try render(first..<end, QueryFrame()))
        } else {
            if word(at: first) == "(", let close = closing(first) { end = close + 1 }
            if tokens[first].kind == .symbol, ["-", "+"].contains(word(at: first)) { end += 1 }
            value = try render(first..<end, QueryFrame())
        }
        while end < range.upperBound, tokens[end].kind == .cast {
            end = typeName(from: end + 1, before: range.upperBound).end + 1
        }
        return (value, end)
    }

    /// A string as the value of its column's type that it is; nil where it stays as it is.
    private func typedLiteral(at place: Int, _ type: PostgresType?) throws(PostgresError) -> TranslatedSQL? {
        guard tokens[place].kind == .string, let type else { return nil }
        let text = WordCursor.unquoted(tokens[place].text)
        guard PlainLiterals.mayBeValue(text), type.reads(plain: text) else { return nil }
        do throws(PostgresError) {
            return try TranslatedSQL(gap(place) + type.literal(text))
        } catch {
            throw error.placed(source.characterPosition(ofByte: tokens[place].range.lowerBound))
        }
    }

    private func parenthesized(_ inner: TranslatedSQL) -> TranslatedSQL {
        var sql = TranslatedSQL(" (")
        sql.append(inner)
        sql.append(")")
        return sql
    }

    /// A default that is computed, such as `3 + 5`, which SQLite wants in parentheses; nil if it is anything simpler.
    private func defaultExpression(_ range: Range<Int>) -> Range<Int>? {
        var depth = 0
        var isComputed = false
        for place in range {
            switch word(at: place) {
            case "(": depth += 1
            case ")": depth -= 1
            case let word where depth == 0 && place > range.lowerBound && Self.constraints.contains(word):
                return isComputed ? range.lowerBound..<place : nil
            case "+", "-", "*", "/", "%", "||": isComputed = isComputed || depth == 0 && place > range.lowerBound
            default: continue
            }
        }
        return isComputed ? range : nil
    }
}
