import Foundation
import TandemTransactions

/// Dates and times of day, which PostgreSQL counts from the year 2000, as the text it shows for them.
enum CalendarText {
    static let secondsFrom1970To2000: Int64 = 946_684_800

    /// `2021-05-06`, from days; `infinity`, and ` BC` behind years before the first.
    static func date(_ days: Int32) -> String {
        if days == .max { return "infinity" }
        if days == .min { return "-infinity" }
        let seconds = Int64(days) * 86_400 + secondsFrom1970To2000
        let text = TimestampText.text(Date(timeIntervalSince1970: Double(seconds)))
        guard let space = text.firstIndex(of: " ") else { return text }
        return yearsBefore(String(text[..<space]))
    }

    /// `22:42:33.5`, from microseconds.
    static func time(_ microseconds: Int64) -> String {
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        guard fraction != 0 else { return clock }
        var digits = padded(fraction, 6)
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(clock).\(digits)"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The year 0 of astronomers is 1 BC.
    private static func yearsBefore(_ date: String) -> String {
        let isNegative = date.hasPrefix("-")
        let parts = date.drop { $0 == "-" }.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let year = Int64(parts[0]), isNegative || year == 0 else { return date }
        return "\(padded(year + 1, 4))-\(parts[1]) BC"
    }
}
