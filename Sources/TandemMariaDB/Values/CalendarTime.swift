import CMariaDB
import Foundation
import TandemTransactions

/// MariaDB's dates and times in binary form.
enum CalendarTime {
    /// The years that MariaDB has.
    private static let years = 0...9999

    // MARK: To the server

    /// A moment in UTC to the microsecond; nil outside of MariaDB's years.
    static func binary(_ date: Date) -> MYSQL_TIME? {
        guard let (seconds, microseconds) = TimestampText.parts(date) else { return nil }
        let (days, second) = TimestampText.divided(seconds, by: 86_400)
        let day = TimestampText.civil(days: days)
        guard years.contains(day.year) else { return nil }
        var time = MYSQL_TIME()
        time.year = UInt32(day.year)
        time.month = UInt32(day.month)
        time.day = UInt32(day.day)
        time.hour = UInt32(second / 3600)
        time.minute = UInt32(second / 60 % 60)
        time.second = UInt32(second % 60)
        time.second_part = UInt(microseconds)
        time.time_type = MYSQL_TIMESTAMP_DATETIME
        return time
    }

    // MARK: From the server

    /// A moment, the session being in UTC. A date that there is not, such as `0000-00-00 00:00:00`, stays text.
    static func moment(_ time: MYSQL_TIME) -> SQLValue {
        guard time.month > 0, time.day > 0 else { return .text("\(dateText(time)) \(clockText(time))") }
        let days = TimestampText.daysSince1970(year: Int(time.year), month: Int(time.month), day: Int(time.day))
        let seconds = days * 86_400 + Int(time.hour * 3600 + time.minute * 60 + time.second)
        return .timestamp(TimestampText.date(seconds: seconds, fraction: Double(time.second_part) / 1_000_000))
    }

    /// `2021-05-06`
    static func dateText(_ time: MYSQL_TIME) -> String {
        "\(padded(Int(time.year), 4))-\(padded(Int(time.month), 2))-\(padded(Int(time.day), 2))"
    }

    /// `-838:59:59.5`: a time of day, or a length of time.
    static func clockText(_ time: MYSQL_TIME) -> String {
        let hours = Int(time.day) * 24 * (time.time_type == MYSQL_TIMESTAMP_TIME ? 1 : 0) + Int(time.hour)
        let clock = "\(padded(hours, 2)):\(padded(Int(time.minute), 2)):\(padded(Int(time.second), 2))"
        let sign = time.neg != 0 ? "-" : ""
        guard time.second_part != 0 else { return sign + clock }
        var digits = padded(Int(time.second_part), 6)
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(sign)\(clock).\(digits)"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
