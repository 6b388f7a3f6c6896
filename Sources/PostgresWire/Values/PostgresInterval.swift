/// A span of time as PostgreSQL keeps it: months, days and microseconds apart, because months and days are not all of
/// one length.
public struct PostgresInterval: Hashable, Sendable {
    public var months: Int32
    public var days: Int32
    public var microseconds: Int64

    public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }

    /// The length by which PostgreSQL compares: months of 30 days, days of 24 hours. In microseconds.
    public var length: Int128 {
        Int128(microseconds) + (Int128(days) + Int128(months) * 30) * Int128(CivilTime.microsecondsPerDay)
    }

    /// As PostgreSQL writes it with `IntervalStyle` `postgres`: `1 year 2 mons -3 days 04:05:06.7`.
    public var text: String {
        var parts: [String] = []
        var isBehindNegative = false
        for (value, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] where value != 0 {
            parts.append("\(isBehindNegative && value > 0 ? "+" : "")\(value) \(unit)\(value == 1 ? "" : "s")")
            isBehindNegative = value < 0
        }
        guard microseconds != 0 || parts.isEmpty else { return parts.joined(separator: " ") }
        let sign = microseconds < 0 ? "-" : isBehindNegative ? "+" : ""
        return (parts + [sign + Self.timeText(microseconds.magnitude)]).joined(separator: " ")
    }

    /// `HH:MM:SS[.ffffff]` of any number of hours.
    private static func timeText(_ microseconds: UInt64) -> String {
        let seconds = microseconds / 1_000_000
        var text = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            .joined(separator: ":")
        var fraction = String(1_000_000 + microseconds % 1_000_000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        if !fraction.isEmpty { text += ".\(fraction)" }
        return text
    }
}

extension PostgresInterval {
    /// The sum; nil where a part is out of range.
    public func adding(_ other: PostgresInterval) -> PostgresInterval? {
        let months = self.months.addingReportingOverflow(other.months)
        let days = self.days.addingReportingOverflow(other.days)
        let microseconds = self.microseconds.addingReportingOverflow(other.microseconds)
        guard !months.overflow, !days.overflow, !microseconds.overflow else { return nil }
        return PostgresInterval(
            months: months.partialValue, days: days.partialValue, microseconds: microseconds.partialValue)
    }

    /// The same backwards; nil where a part is out of range.
    public var negated: PostgresInterval? {
        guard months != .min, days != .min, microseconds != .min else { return nil }
        return PostgresInterval(months: -months, days: -days, microseconds: -microseconds)
    }

    /// What is lost of a month becomes days of 24 hours, 30 a month, as `interval_mul` has it; nil where a part is out of
    /// range.
    public func multiplied(by factor: Double) -> PostgresInterval? {
        scaled { $0 * factor }
    }

    /// Nil for 0, and where a part is out of range.
    public func divided(by divisor: Double) -> PostgresInterval? {
        divisor == 0 ? nil : scaled { $0 / divisor }
    }

    private func scaled(_ scale: (Double) -> Double) -> PostgresInterval? {
        let wholeMonths = scale(Double(months)).rounded(.towardZero)
        let wholeDays = scale(Double(days)).rounded(.towardZero)
        let monthDays = Self.rounded((scale(Double(months)) - wholeMonths) * 30)
        let wholeMonthDays = monthDays.rounded(.towardZero)
        var seconds = Self.rounded((scale(Double(days)) - wholeDays + monthDays - wholeMonthDays) * 86_400)
        let moreDays = (seconds / 86_400).rounded(.towardZero)
        seconds -= moreDays * 86_400
        guard let months = Int32(exactly: wholeMonths),
            let days = Int32(exactly: wholeDays + wholeMonthDays + moreDays),
            let microseconds = Int64(
                exactly: (scale(Double(microseconds)) + seconds * 1_000_000).rounded(.toNearestOrEven))
        else { return nil }
        return PostgresInterval(months: months, days: days, microseconds: microseconds)
    }

    /// To the microsecond (`TSROUND`).
    private static func rounded(_ value: Double) -> Double { (value * 1_000_000).rounded(.toNearestOrEven) / 1_000_000 }
}
