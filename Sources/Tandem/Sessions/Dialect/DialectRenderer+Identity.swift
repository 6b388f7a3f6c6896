import PostgresWire

// SERIAL and GENERATED AS IDENTITY: SQLite numbers rows by their INTEGER PRIMARY KEY.
extension DialectRenderer {
    /// A column that PostgreSQL would number by a sequence.
    struct NumberedColumn {
        /// The place of its name.
        let name: Int
        /// What follows its type.
        let constraints: Range<Int>
        /// `GENERATED … AS IDENTITY` among that; nil for SERIAL.
        let identity: Range<Int>?
    }

    /// - Parameters:
    ///   - keys: the columns of a PRIMARY KEY that stands by itself.
    ///   - table: the name of the table that is created; nil where it is altered.
    mutating func numbered(
        _ column: NumberedColumn, _ keys: [String]?, of table: DialectToken?
    ) throws(PostgresError) -> TranslatedSQL {
        let key = column.constraints.first { word(at: $0) == "primary" && word(at: $0 + 1) == "key" }
        guard key != nil || keys == [word(at: column.name)] else { throw numberedColumn(column.name) }
        let start = try column.identity.flatMap { range throws(PostgresError) in try identityStart(range) }
        var sql = try render(column.name..<column.name + 1, QueryFrame())
        sql.append(" INTEGER")
        let end = column.constraints.upperBound
        let identity = column.identity ?? end..<end
        for range in [column.constraints.lowerBound..<identity.lowerBound, identity.upperBound..<end] {
            guard start != nil, let key, range.contains(key) else {
                sql.append(try columnConstraints(range))
                continue
            }
            sql.append(try columnConstraints(range.lowerBound..<key + 2))
            sql.append(" AUTOINCREMENT")
            sql.append(try columnConstraints(key + 2..<range.upperBound))
        }
        if let start { try number(table, from: start, column.name, hasKey: key != nil) }
        return sql
    }

    private func numberedColumn(_ place: Int) -> PostgresError {
        PostgresError(
            code: .featureNotSupported,
            message: "column \"\(tokens[place].word)\" cannot be numbered: only a table's primary key can",
            hint: "SQLite numbers rows by their INTEGER PRIMARY KEY alone.",
            position: source.characterPosition(ofByte: tokens[place].range.lowerBound))
    }

    /// Has the table that is created numbered from `start` on: SQLite keeps the last number of a table with AUTOINCREMENT.
    private mutating func number(
        _ table: DialectToken?, from start: Int64, _ column: Int, hasKey: Bool
    ) throws(PostgresError) {
        guard let table, table.isName, hasKey else {
            throw unsupportedNumbers(
                column, "START WITH", hint: "It is, in CREATE TABLE, where PRIMARY KEY stands beside the column.")
        }
        let name = "'\(WordCursor.unquotedName(table.text).replacing("'", with: "''"))'"
        // Of a table that was there before, by IF NOT EXISTS, nothing changes.
        following.append(
            "INSERT INTO sqlite_sequence (name, seq) SELECT \(name), \(start - 1) WHERE NOT EXISTS "
                + "(SELECT 1 FROM sqlite_sequence WHERE name = \(name)) AND EXISTS (SELECT 1 FROM sqlite_schema "
                + "WHERE type = 'table' AND name = \(name) AND sql LIKE '%AUTOINCREMENT%') "
                + "AND NOT EXISTS (SELECT 1 FROM \(table.text))")
    }

    /// The number after START WITH; nil if there is none, or 1. What cannot be is refused.
    private func identityStart(_ range: Range<Int>) throws(PostgresError) -> Int64? {
        guard var place = range.first(where: { word(at: $0) == "(" }) else { return nil }
        var start: Int64 = 1
        place += 1
        while place < range.upperBound - 1 {
            let option = word(at: place)
            place += 1
            switch option {
            case "start", "increment", "minvalue", "cache":
                if ["with", "by"].contains(word(at: place)) { place += 1 }
                guard place < range.upperBound, let number = Int64(tokens[place].text), number > 0,
                    option == "start" || option == "cache" || number == 1
                else { throw unsupportedNumbers(place, option.uppercased(), hint: Self.numberingHint) }
                if option == "start" { start = number }
                place += 1
            case "no", "owned": place += option == "no" ? 1 : 2
            case "sequence": place += word(at: place + 2) == "." ? 4 : 2
            default: throw unsupportedNumbers(place - 1, option.uppercased(), hint: Self.numberingHint)
            }
        }
        return start == 1 ? nil : start
    }

    private static let numberingHint = "SQLite numbers rows one by one, upwards, from a positive number on."

    private func unsupportedNumbers(_ place: Int, _ option: String, hint: String) -> PostgresError {
        let byte = tokens.indices.contains(place) ? tokens[place].range.lowerBound : nil
        return PostgresError(
            code: .featureNotSupported, message: "this \(option) of an identity column is not supported", hint: hint,
            position: byte.flatMap { source.characterPosition(ofByte: $0) })
    }

    /// `GENERATED ALWAYS | BY DEFAULT AS IDENTITY [(options)]`; nil if it is not there.
    func identity(_ range: Range<Int>) -> Range<Int>? {
        guard let start = range.first(where: { word(at: $0) == "generated" }) else { return nil }
        var place = start + 1
        if word(at: place) == "always" { place += 1 } else if word(at: place) == "by" { place += 2 }
        guard word(at: place) == "as", word(at: place + 1) == "identity" else { return nil }
        place += 2
        if word(at: place) == "(", let close = closing(place) { place = close + 1 }
        return start..<min(place, range.upperBound)
    }
}
