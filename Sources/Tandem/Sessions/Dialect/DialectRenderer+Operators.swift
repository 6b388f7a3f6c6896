import PostgresWire
import TandemSQLite

// Punctuation: parentheses, regular expressions, subscripts, casts.
extension DialectRenderer {
    /// Words after which an operand begins.
    private static let beforeOperand: Set<String> = [
        "where", "and", "or", "not", "select", "on", "when", "then", "else", "case", "having", "by", "in", "between",
        "like", "ilike", "limit", "offset", "set", "values", "returning", "distinct", "all", "any", "is", "using",
        "from",
    ]

    /// Whether what was written last can stand before an operator.
    func isAfterOperand(_ output: Output) -> Bool {
        guard let last = output.last else { return false }
        switch last.kind {
        case .word: return !Self.beforeOperand.contains(last.word)
        case .symbol: return last.text == ")"
        case .quotedName, .string, .number, .parameter, .bracket, .other: return true
        case .cast: return false
        }
    }

    mutating func symbol(_ token: DialectToken, _ output: inout Output, _ frame: QueryFrame) throws(PostgresError) {
        switch token.text {
        case "(": try parenthesis(&output, frame)
        case ".": keep(&output, continuesOperand: true)
        case "~", "!~", "~*", "!~*", "~~", "!~~", "~~*", "!~~*":
            guard isAfterOperand(output) else { return keepOperator(&output) }
            pattern(token.text, through: output.place, &output)
        case "/" where dividesNumeric(output.place):
            output.sql.append(" * 1.0")
            keepOperator(&output)
        default: keepOperator(&output)
        }
    }

    private func keepOperator(_ output: inout Output) {
        keep(&output)
        output.operandStart = nil
    }

    /// PostgreSQL's operators of patterns by SQLite's words.
    func pattern(_ symbol: String, through end: Int, _ output: inout Output) {
        let words =
            switch symbol {
            case "~": "REGEXP"
            case "!~": "NOT REGEXP"
            case "~*": "REGEXP '(?i)' ||"
            case "!~*": "NOT REGEXP '(?i)' ||"
            case "~~", "~~*": "LIKE"
            case "!~~", "!~~*": "NOT LIKE"
            default: symbol
            }
        output.sql.append(" \(words) ", source: tokens[output.place].range.lowerBound)
        output.operandStart = nil
        output.last = DialectToken(.symbol, tokens[end].range, symbol)
        output.place = end + 1
    }

    private mutating func parenthesis(_ output: inout Output, _ frame: QueryFrame) throws(PostgresError) {
        let open = output.place
        guard let close = closing(open), close < output.end else { return keep(&output) }
        if try overlaps(close, &output, frame) { return }
        var inner = TranslatedSQL()
        let isQuery = isQuery(open + 1..<close)
        let isNamed = frame.phase == .sources || output.last?.word == "from"
        inner.append(
            isQuery
                ? try query(open + 1..<close, namesColumns: isNamed) : try render(open + 1..<close, frame))
        // `(row).field`
        if !isQuery, word(at: close + 1) == ".", tokens.indices.contains(close + 2), tokens[close + 2].isName {
            let field = tokens[close + 2].word
            let sql = TranslatedSQL("json_extract($1, '$.\(field)')", [inner])
            return replace(through: close + 2, by: sql, &output)
        }
        // A column list behind an alias: SQLite knows it of WITH alone.
        let isSource = frame.phase == .sources || output.last?.kind == .word && output.last?.word == "from"
        if isQuery, isSource, let alias = columnAlias(at: close + 1) {
            var sql = TranslatedSQL(
                "(WITH \(alias.name)(\(alias.columns)) AS ($1) SELECT * FROM \(alias.name))", [inner])
            sql.append(" AS \(alias.name)")
            return replace(through: alias.end, by: sql, &output)
        }
        appendGap(open, to: &output.sql)
        output.operandStart = output.sql.count
        append(open, to: &output.sql)
        output.sql.append(inner)
        appendWhole(close, to: &output.sql)
        output.last = tokens[close]
        output.place = close + 1
    }

    /// `[AS] name (column, …)`, and where it ends.
    func columnAlias(at place: Int) -> (name: String, columns: String, end: Int)? {
        let place = word(at: place) == "as" ? place + 1 : place
        guard tokens.indices.contains(place + 1), tokens[place].isName, word(at: place + 1) == "(",
            let close = closing(place + 1), !Dialect.behindQuery.contains(tokens[place].text.lowercased())
        else { return nil }
        let columns = tokens[place + 2..<close]
        guard columns.allSatisfy({ $0.isName || $0.text == "," }) else { return nil }
        return (tokens[place].text, columns.map(\.text).joined(), close)
    }

    /// A subscript, or a name in SQLite's brackets.
    mutating func bracket(_ output: inout Output, _ frame: QueryFrame) throws(PostgresError) {
        let token = tokens[output.place]
        let part = subscripts[output.place] ?? .element
        if case .refused(let type) = part {
            throw PostgresError(
                code: .datatypeMismatch,
                message: "cannot subscript type \(type) because it does not support subscripting",
                position: source.characterPosition(ofByte: token.range.lowerBound))
        }
        guard isAfterOperand(output), output.last?.word != "array" || output.last?.kind != .word,
            output.last?.range.upperBound == token.range.lowerBound, let operand = try takeOperand(&output)
        else {
            try refuseDetached(token, output)
            return keep(&output)
        }
        let index = try inside(token)
        let wrapCount = output.wrapCount
        let sql =
            part == .member
            ? TranslatedSQL("($1 -> $2)", [operand, elementFromEnd(in: token).map { TranslatedSQL($0) } ?? index])
            : TranslatedSQL("tandem_element($1, $2)", [operand, index])
        replace(through: output.place, by: sql, &output)
        output.wrapCount = wrapCount
    }

    /// `-1` between brackets, which SQLite knows only as a path; nil where there is something else.
    private func elementFromEnd(in token: DialectToken) -> String? {
        let text = token.text.dropFirst().dropLast()
        guard text.first == "-", text.count > 1, text.dropFirst().allSatisfy(\.isNumber) else { return nil }
        return "'$[#-\(text.dropFirst())]'"
    }

    /// A subscript that SQLite would take for the name of the column.
    private func refuseDetached(_ token: DialectToken, _ output: Output) throws(PostgresError) {
        guard isAfterOperand(output), output.last?.kind != .word || !["as", "array"].contains(output.last?.word),
            let first = token.text.dropFirst().first, ["'", "$"].contains(first)
        else { return }
        throw PostgresError(
            code: .syntaxError, message: "syntax error at or near \"[\"",
            hint: "Write a subscript directly behind what it is of: j['key'].",
            position: source.characterPosition(ofByte: token.range.lowerBound))
    }

    /// What stands between the brackets of a token.
    mutating func inside(_ token: DialectToken) throws(PostgresError) -> TranslatedSQL {
        var text = String(token.text.dropFirst().dropLast())
        let start = token.range.lowerBound + 1
        let sqlTokens = text.withUTF8 { Array(SQLTokenizer($0)) }
        var inner = DialectRenderer(source: text, tokens: DialectToken.all(text, sqlTokens[...]))
        inner.rowFunctionCount = rowFunctionCount
        let sql = try inner.query(inner.tokens.indices)
        relations.formUnion(inner.relations)
        writtenCount += inner.writtenCount
        return sql.moved(by: start)
    }

    mutating func cast(_ output: inout Output) throws(PostgresError) {
        let (type, end) = typeName(from: output.place + 1, before: output.end)
        guard let operand = try takeOperand(&output), !type.isEmpty else { return keep(&output) }
        let isLiteral = operand.count == 1 && output.last.map { [.string, .parameter].contains($0.kind) } ?? false
        if let literal = try castLiteral(output.last, operand, to: type) {
            output.operandStart = output.sql.count
            output.sql.append(literal)
            output.last = DialectToken(.string, tokens[end].range, literal)
            output.place = end + 1
            return
        }
        if isDefinition && !type.hasPrefix("reg") || isOfSchema && Self.textTypes[type] != nil {
            output.sql.append(operand)
            output.last = tokens[end]
            output.operandStart = output.sql.count - operand.count
            output.place = end + 1
            return
        }
        let sql =
            casts[output.place].map { DialectCasts.text(of: $0, operand, isOfSchema: isOfSchema) }
            ?? DialectCasts.cast(operand, to: type, isLiteral: isLiteral)
        relations.formUnion(CatalogNames.mentioned(in: sql.text))
        output.operandStart = output.sql.count
        output.sql.append(sql)
        output.last = DialectToken(.other, tokens[end].range, "")
        output.place = end + 1
    }

    /// Types whose values are written in several ways, and are one text here.
    static let textTypes: [String: PostgresType] = ["uuid": .uuid, "pg_lsn": .pgLSN]

    /// `'2026-11-26T01:02:03Z'::timestamptz` as SQLite keeps such a moment, a UUID or a position of the log as it is
    /// written here; nil for all else.
    private func castLiteral(
        _ last: DialectToken?, _ operand: TranslatedSQL, to type: String
    ) throws(PostgresError) -> String? {
        guard !isDefinition, let last, last.kind == .string, operand.count == 1 else { return nil }
        if let type = Self.textTypes[type] {
            do throws(PostgresError) {
                return try type.literal(WordCursor.unquoted(last.text))
            } catch {
                throw error.placed(source.characterPosition(ofByte: last.range.lowerBound))
            }
        }
        if DialectCasts.numbers.contains(type) { try refuseNaN(last) }
        guard let type = DatetimeLiteral.type(named: type) else { return nil }
        return try? DatetimeLiteral.sql(WordCursor.unquoted(last.text), type)
    }

    /// SQLite has no such number, and would make 0 of it.
    private func refuseNaN(_ literal: DialectToken) throws(PostgresError) {
        let text = WordCursor.unquoted(literal.text).lowercased().filter { !$0.isWhitespace && $0 != "+" && $0 != "-" }
        guard ["nan", "infinity", "inf"].contains(text) else { return }
        throw PostgresError(
            code: .featureNotSupported, message: "\(literal.text) is not supported as a number",
            hint: "SQLite keeps no NaN and no infinity: store NULL, or a text.",
            position: source.characterPosition(ofByte: literal.range.lowerBound))
    }

    /// A type's words from `start` on, in lower case, and its last token.
    func typeName(from start: Int, before limit: Int) -> (name: String, end: Int) {
        var place = start
        guard place < limit, tokens[place].isName || tokens[place].kind == .string else { return ("", start) }
        if word(at: place) == "pg_catalog", word(at: place + 1) == ".", place + 2 < limit { place += 2 }
        var name = tokens[place].word
        let more: Set<String> = ["varying", "precision", "without", "with", "time", "zone"]
        while place + 1 < limit, more.contains(word(at: place + 1)) {
            place += 1
            name += " " + tokens[place].word
        }
        if place + 1 < limit, word(at: place + 1) == "(", let close = closing(place + 1), close < limit {
            place = close
        }
        while place + 1 < limit, tokens[place + 1].kind == .bracket {
            place += 1
            name += "[]"
        }
        return (name, place)
    }
}
