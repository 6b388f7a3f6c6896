/// The options of a COPY statement, checked against each other as PostgreSQL checks them.
public struct CopyOptions: Hashable, Sendable {
    public private(set) var format = CopyFormat.text
    /// Default: a tab; in CSV a comma.
    public private(set) var delimiter = UInt8(ascii: "\t")
    /// What NULL looks like. Default: `\N`; in CSV nothing at all, not even quotes.
    public private(set) var null: [UInt8] = Array("\\N".utf8)
    public private(set) var header = CopyHeader.none
    /// Default `"`. CSV only.
    public private(set) var quote = UInt8(ascii: "\"")
    /// What stands before a quote within quotes. Default: the quote itself. CSV only.
    public private(set) var escape = UInt8(ascii: "\"")
    /// Columns whose values COPY TO always writes in quotes. CSV only.
    public private(set) var forceQuote = CopyColumns.none
    /// Columns for which COPY FROM does not take the NULL string for NULL. CSV only.
    public private(set) var forceNotNull = CopyColumns.none
    /// Columns for which COPY FROM takes the NULL string for NULL even in quotes. CSV only.
    public private(set) var forceNull = CopyColumns.none

    public init() {}

    /// - Parameter isFrom: whether it is COPY FROM.
    /// - Throws: ``SQLState/syntaxError`` for an option that is unknown, given twice or not one of the format's,
    ///   ``SQLState/invalidParameterValue`` and ``SQLState/featureNotSupported`` for values that cannot be.
    public init(_ settings: [CopySetting], isFrom: Bool) throws(PostgresError) {
        var given: [String: CopySetting] = [:]
        for setting in settings {
            guard given.updateValue(setting, forKey: setting.name) == nil else {
                throw PostgresError(code: .syntaxError, message: "conflicting or redundant options")
            }
            guard Self.known.contains(setting.name) else {
                throw PostgresError(code: .syntaxError, message: "option \"\(setting.name)\" not recognized")
            }
        }
        try readFormat(given["format"])
        try refuse(given, isFrom: isFrom)
        if let setting = given["delimiter"] { delimiter = try setting.byte("delimiter") }
        if let setting = given["null"] { null = Array(try setting.text().utf8) }
        if let setting = given["header"] { try readHeader(setting, isFrom: isFrom) }
        if let setting = given["quote"] { quote = try setting.byte("quote") }
        escape = quote
        if let setting = given["escape"] { escape = try setting.byte("escape") }
        if let setting = given["force_quote"] { forceQuote = try setting.columns() }
        if let setting = given["force_not_null"] { forceNotNull = try setting.columns() }
        if let setting = given["force_null"] { forceNull = try setting.columns() }
        if let setting = given["encoding"] { try checkEncoding(setting) }
        try checkCharacters()
    }

    private static let known: Set<String> = [
        "format", "freeze", "delimiter", "null", "header", "quote", "escape", "force_quote", "force_not_null",
        "force_null", "encoding", "on_error", "default",
    ]

    private mutating func readFormat(_ setting: CopySetting?) throws(PostgresError) {
        guard let setting else { return }
        let name = try setting.text()
        guard let format = CopyFormat(rawValue: name.lowercased()) else {
            throw PostgresError(code: .invalidParameterValue, message: "COPY format \"\(name)\" not recognized")
        }
        self.format = format
        if format == .csv {
            delimiter = UInt8(ascii: ",")
            null = []
        }
    }

    private mutating func readHeader(_ setting: CopySetting, isFrom: Bool) throws(PostgresError) {
        if case .text(let word) = setting.value, word.lowercased() == "match" {
            guard isFrom else {
                throw PostgresError(code: .featureNotSupported, message: "cannot use \"match\" with HEADER in COPY TO")
            }
            header = .match
        } else {
            header = try setting.flag() ? .names : .none
        }
    }

    /// Options of another format or direction.
    private func refuse(_ given: [String: CopySetting], isFrom: Bool) throws(PostgresError) {
        if format == .binary {
            for name in ["delimiter", "null", "header"] where given[name] != nil {
                throw PostgresError(
                    code: .syntaxError, message: "cannot specify \(name.uppercased()) in BINARY mode")
            }
        }
        if format != .csv {
            for name in ["quote", "escape", "force_quote", "force_not_null", "force_null"] where given[name] != nil {
                throw PostgresError(
                    code: .featureNotSupported,
                    message: "COPY \(name.replacing("_", with: " ")) available only in CSV mode")
            }
        }
        for name in isFrom ? ["force_quote"] : ["force_not_null", "force_null", "freeze"] where given[name] != nil {
            throw PostgresError(
                code: .featureNotSupported,
                message: "COPY \(name.replacing("_", with: " ")) only available using COPY \(isFrom ? "TO" : "FROM")")
        }
        if given["default"] != nil {
            throw PostgresError(
                code: .featureNotSupported, message: "COPY's option DEFAULT is not supported",
                hint: "Leave the column out of the list: its default is taken then.")
        }
        if let setting = given["on_error"], try setting.text().lowercased() != "stop" {
            throw PostgresError(
                code: .featureNotSupported, message: "COPY's ON_ERROR can only be stop",
                hint: "Copy into a table without constraints, and from there with INSERT … SELECT.")
        }
    }

    private func checkEncoding(_ setting: CopySetting) throws(PostgresError) {
        let name = try setting.text()
        guard ["utf8", "unicode"].contains(name.lowercased().replacing("-", with: "")) else {
            throw PostgresError(
                code: .featureNotSupported, message: "COPY's ENCODING can only be UTF8, not \"\(name)\"",
                hint: "Convert the data before sending it, with iconv for example.")
        }
    }

    private func checkCharacters() throws(PostgresError) {
        func invalid(_ message: String) -> PostgresError {
            PostgresError(code: .invalidParameterValue, message: message)
        }
        let lineEnds = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        if lineEnds.contains(delimiter) { throw invalid("COPY delimiter cannot be newline or carriage return") }
        if null.contains(where: lineEnds.contains) {
            throw invalid("COPY null representation cannot use newline or carriage return")
        }
        let special = Array("\\.abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        if format == .text, special.contains(delimiter) {
            throw invalid("COPY delimiter cannot be \"\(Character(Unicode.Scalar(delimiter)))\"")
        }
        if format != .binary, null.contains(delimiter) {
            throw invalid("COPY delimiter character must not appear in the NULL specification")
        }
        guard format == .csv else { return }
        if lineEnds.contains(quote) { throw invalid("COPY quote cannot be newline or carriage return") }
        if delimiter == quote { throw invalid("COPY delimiter and quote must be different") }
        if null.contains(quote) { throw invalid("CSV quote character must not appear in the NULL specification") }
    }
}
