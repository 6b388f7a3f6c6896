import PostgresWire

// INSERT with DEFAULT among its values: SQLite takes a column's default for columns that are not named.
extension DialectRenderer {
    /// The rows of an INSERT that have DEFAULT among their values.
    private struct Values {
        /// Where the parentheses of the columns open and close.
        let columns: (open: Int, close: Int)
        /// The place of VALUES, and the first one behind the rows.
        let start: Int
        let end: Int
        let names: [Range<Int>]
        let rows: [[Range<Int>]]
    }

    /// An INSERT without the columns that get their defaults; nil if it has no DEFAULT among its values.
    mutating func insertWithoutDefaults(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL? {
        guard let values = try defaultedValues(whole) else { return nil }
        let kept = try namedColumns(values)
        let frame = QueryFrame()
        var sql = try render(whole.lowerBound..<values.columns.open, frame, isFrame: true)
        if kept.isEmpty {
            guard values.rows.count == 1 else {
                throw unsupportedDefault(
                    values.start, "several rows of nothing but DEFAULT", hint: "Insert them one after the other.")
            }
            sql.append(" DEFAULT VALUES")
        } else {
            try append(values.names, kept, frame, to: &sql)
            frame.phase = .rest
            for (number, row) in values.rows.enumerated() {
                sql.append(number == 0 ? " VALUES" : ",")
                try append(row, kept, frame, to: &sql)
            }
        }
        frame.phase = .rest
        sql.append(try render(values.end..<whole.upperBound, frame, isFrame: true))
        return sql
    }

    /// The numbers of the columns that have values of their own.
    private func namedColumns(_ values: Values) throws(PostgresError) -> [Int] {
        var kept: [Int] = []
        for number in values.names.indices {
            let defaults = values.rows.filter { isDefault($0[number]) }
            guard defaults.isEmpty || defaults.count == values.rows.count else {
                throw unsupportedDefault(
                    defaults[0][number].lowerBound, "DEFAULT in some rows of VALUES and not in others",
                    hint: "Insert the rows that take the default by a statement of their own.")
            }
            if defaults.isEmpty { kept.append(number) }
        }
        return kept
    }

    private mutating func append(
        _ ranges: [Range<Int>], _ kept: [Int], _ frame: QueryFrame, to sql: inout TranslatedSQL
    ) throws(PostgresError) {
        for (number, place) in kept.enumerated() {
            sql.append(number == 0 ? " (" : ",")
            sql.append(try render(ranges[place], frame))
        }
        sql.append(")")
    }

    private func isDefault(_ range: Range<Int>) -> Bool {
        range.count == 1 && tokens[range.lowerBound].kind == .word && word(at: range.lowerBound) == "default"
    }

    /// `OVERRIDING SYSTEM VALUE`: a number that is given is taken in any case.
    func isOverriding(_ place: Int) -> Bool {
        word(at: place) == "overriding" && word(at: place + 1) == "system" && word(at: place + 2) == "value"
    }

    private func defaultedValues(_ whole: Range<Int>) throws(PostgresError) -> Values? {
        guard let start = whole.first(where: { tokens[$0].kind == .word && word(at: $0) == "values" }) else {
            return nil
        }
        var rows: [[Range<Int>]] = []
        var end = start + 1
        while word(at: end) == "(", let close = closing(end), close < whole.upperBound {
            rows.append(list(end + 1..<close))
            end = close + 1
            guard word(at: end) == ",", word(at: end + 1) == "(" else { break }
            end += 1
        }
        guard let mention = rows.joined().first(where: isDefault) else { return nil }
        let columnsEnd = isOverriding(start - 3) ? start - 4 : start - 1
        guard let open = whole.first(where: { word(at: $0) == "(" }), let close = closing(open), close == columnsEnd
        else {
            throw unsupportedDefault(
                mention.lowerBound, "DEFAULT among VALUES without the columns' names",
                hint: "Say INSERT INTO table (column, …) VALUES (…).")
        }
        let names = list(open + 1..<close)
        guard let row = rows.first(where: { $0.count != names.count }) else {
            return Values(columns: (open, close), start: start, end: end, names: names, rows: rows)
        }
        throw PostgresError(
            code: .syntaxError, message: "INSERT has \(row.count) expressions for \(names.count) target columns",
            position: source.characterPosition(ofByte: tokens[start].range.lowerBound))
    }

    private func unsupportedDefault(_ place: Int, _ what: String, hint: String) -> PostgresError {
        PostgresError(
            code: .featureNotSupported, message: "\(what) is not supported", hint: hint,
            position: source.characterPosition(ofByte: tokens[place].range.lowerBound))
    }
}
