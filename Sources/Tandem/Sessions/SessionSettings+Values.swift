import PostgresWire

// How values are written.
extension SessionSettings {
    static func invalid(_ name: String, _ value: String, _ hint: String) -> PostgresError {
        PostgresError(
            code: .invalidParameterValue, message: "invalid value for parameter \"\(name)\": \"\(value)\"", hint: hint)
    }

    static func folded(_ value: String) -> String {
        value.lowercased().filter { $0 != "-" && $0 != "'" }.replacing("true", with: "on").replacing(
            "unicode", with: "utf8"
        ).replacing("sql_ascii", with: "utf8")
    }

    /// The longest time, PostgreSQL's: some 24 days.
    static let maximumDuration = Duration.milliseconds(Int64(Int32.max))

    /// Reads a time as PostgreSQL's settings have it; nil where it is none. One that no clock counts to is some 30,000
    /// years.
    static func duration(_ text: String) -> Duration? {
        let text = text.filter { $0 != " " }
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let number = Double(digits) else { return nil }
        let milliseconds: Double? =
            switch text.dropFirst(digits.count) {
            case "us": number / 1_000
            case "", "ms": number
            case "s": number * 1_000
            case "min": number * 60_000
            case "h": number * 3_600_000
            case "d": number * 86_400_000
            default: nil
            }
        return milliseconds.map { .microseconds(Int64((min($0, 1e15) * 1_000).rounded())) }
    }

    static func text(_ duration: Duration?) -> String {
        guard let duration else { return "0" }
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
    }
}
