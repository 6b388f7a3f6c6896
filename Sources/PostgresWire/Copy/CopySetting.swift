/// One option of a COPY statement, as its text says it.
public struct CopySetting: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        /// The option stands alone, which means that it is on.
        case absent
        case text(String)
        case list([String])
        /// `*`
        case all
    }

    /// In lower case, with underscores: `force_not_null`.
    public var name: String
    public var value: Value

    public init(_ name: String, _ value: Value = .absent) {
        self.name = name
        self.value = value
    }

    /// The value of an option that takes one word or string.
    func text() throws(PostgresError) -> String {
        switch value {
        case .text(let text): return text
        case .absent: throw PostgresError(code: .syntaxError, message: "\(name) requires a parameter")
        case .list, .all: throw PostgresError(code: .syntaxError, message: "\(name) requires one value, not a list")
        }
    }

    /// The value of an option that is on or off.
    func flag() throws(PostgresError) -> Bool {
        if case .absent = value { return true }
        guard let flag = PostgresBoolean.parse(try text().utf8) else {
            throw PostgresError(code: .syntaxError, message: "\(name) requires a Boolean value")
        }
        return flag
    }

    /// The value of an option that names columns.
    func columns() throws(PostgresError) -> CopyColumns {
        switch value {
        case .list(let names): return .named(names)
        case .all: return .all
        case .absent, .text:
            throw PostgresError(
                code: .invalidParameterValue, message: "argument to option \"\(name)\" must be a list of column names")
        }
    }

    /// The value of an option that is one character of one byte.
    func byte(_ what: String) throws(PostgresError) -> UInt8 {
        let text = try text()
        guard text.utf8.count == 1, let byte = text.utf8.first else {
            throw PostgresError(
                code: .featureNotSupported, message: "COPY \(what) must be a single one-byte character")
        }
        return byte
    }
}
