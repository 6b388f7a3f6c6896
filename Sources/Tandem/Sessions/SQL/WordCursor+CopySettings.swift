import PostgresWire

extension WordCursor {
    /// `(format csv, header, force_quote (a, b))`
    mutating func copySettings() throws(PostgresError) -> [CopySetting] {
        var settings: [CopySetting] = []
        advance()
        repeat {
            let name = try name().lowercased()
            let value: CopySetting.Value
            if peek == "(" {
                value = .list(try names())
            } else if skip("*") {
                value = .all
            } else if isAtValue {
                value = .text(try copyValue())
            } else {
                value = .absent
            }
            settings.append(CopySetting(name, value))
        } while skip(",")
        guard skip(")") else { throw syntaxError() }
        return settings
    }

    /// `USING DELIMITERS ';'`, older still; nil if it does not stand here.
    mutating func copyDelimiters() throws(PostgresError) -> CopySetting? {
        guard skip("using") || peek == "delimiters" else { return nil }
        guard skip("delimiters") else { throw syntaxError() }
        return CopySetting("delimiter", .text(try copyValue()))
    }

    /// `CSV HEADER DELIMITER AS ';' FORCE QUOTE a, b`: as it was before PostgreSQL 9.0, and still is understood.
    mutating func copySettingsWithoutParentheses() throws(PostgresError) -> [CopySetting] {
        var settings: [CopySetting] = []
        while let word = peek, word != "where" {
            advance()
            switch word {
            case "binary", "csv": settings.append(CopySetting("format", .text(word)))
            case "header", "freeze": settings.append(CopySetting(word))
            case "delimiter", "null", "quote", "escape", "encoding":
                skip("as")
                settings.append(CopySetting(word, .text(try copyValue())))
            case "force": settings.append(try forceSetting())
            default: throw PostgresError(code: .syntaxError, message: "syntax error at or near \"\(word)\"")
            }
        }
        return settings
    }

    private mutating func forceSetting() throws(PostgresError) -> CopySetting {
        let name: String
        switch next() {
        case "quote": name = "force_quote"
        case "null": name = "force_null"
        case "not":
            guard skip("null") else { throw syntaxError() }
            name = "force_not_null"
        default: throw syntaxError()
        }
        if skip("*") { return CopySetting(name, .all) }
        var columns = [try self.name()]
        while skip(",") { columns.append(try self.name()) }
        return CopySetting(name, .list(columns))
    }

    private mutating func copyValue() throws(PostgresError) -> String {
        if let escaped = escapedString() { return escaped }
        guard isAtValue else { throw syntaxError() }
        if let name = try? name() { return name }
        return next() ?? ""
    }

    /// `E'\t'`, in which a backslash escapes: people write delimiters so. SQLite's tokens are the word `E` and a string.
    private mutating func escapedString() -> String? {
        guard peek == "e" else { return nil }
        var ahead = self
        ahead.advance()
        guard let text = ahead.string() else { return nil }
        self = ahead
        return EscapedString.unescaped(text)
    }
}
