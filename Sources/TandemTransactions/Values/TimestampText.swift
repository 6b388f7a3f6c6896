import Foundation

/// Timestamps as the text that all engines read and SQLite keeps: `2021-05-06 22:42:33.123456`, in UTC.
public enum TimestampText {
    private static let secondsPerDay = 86_400
    /// 2001-01-01, from which `Date` counts.
    private static let referenceDate = 978_307_200
    /// Some three million years: beyond is no date, but what `Date` has for "never".
    private static let longestInterval = 1e14

    /// `date` in UTC, to the microsecond; zeros at the end of the fraction are left out, as PostgreSQL and Tandem nodes
    /// write it, so that equal moments are equal texts. A `Date` that is no moment is `infinity` or `-infinity`.
    public static func text(_ date: Date) -> String {
        guard let (seconds, fraction) = parts(date) else {
            return date.timeIntervalSinceReferenceDate < 0 ? "-infinity" : "infinity"
        }
        let (days, second) = divided(seconds, by: secondsPerDay)
        let day = civil(days: days)
        let clock = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        let text = "\(padded(day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2)) \(clock)"
        guard fraction != 0 else { return text }
        var digits = padded(fraction, 6)
        while digits.last == "0" { digits.removeLast() }
        return "\(text).\(digits)"
    }

    /// The moment that `text` names: a date, or a date and a time, `T` or a space between them, with an optional
    /// fraction and an optional zone (`Z`, `+02`, `+02:00`, `+00:53:28`); UTC without one. Nil for any other text.
    public static func date(_ text: String) -> Date? {
        var digits = Scanner(text)
        guard let days = digits.days() else { return nil }
        var seconds = days * secondsPerDay
        guard !digits.isAtEnd else { return self.date(seconds: seconds, fraction: 0) }
        var fraction = 0.0
        guard digits.take(" ") || digits.take("T"), let hour = digits.number(2), digits.take(":"),
            let minute = digits.number(2), hour < 24, minute < 60
        else { return nil }
        seconds += hour * 3600 + minute * 60
        if digits.take(":") {
            guard let second = digits.number(2), second < 61 else { return nil }
            seconds += second
            if digits.take(".") {
                guard let digits = digits.fraction() else { return nil }
                fraction = digits
            }
        }
        guard let offset = digits.zone(), digits.isAtEnd else { return nil }
        return self.date(seconds: seconds - offset, fraction: fraction)
    }

    /// Seconds since 1970 and microseconds behind them; nil for a `Date` that is no moment.
    package static func parts(_ date: Date) -> (seconds: Int, microseconds: Int)? {
        // From the moment that `Date` counts from, since each sum of it costs digits of the fraction.
        let interval = date.timeIntervalSinceReferenceDate
        guard abs(interval) < longestInterval else { return nil }
        let whole = interval.rounded(.down)
        let microseconds = Int(((interval - whole) * 1_000_000).rounded())
        return (Int(whole) + referenceDate + microseconds / 1_000_000, microseconds % 1_000_000)
    }

    /// The inverse of ``parts(_:)``: the same `Date` for the same moment, from whichever form it is read.
    package static func date(seconds: Int, fraction: Double) -> Date {
        Date(timeIntervalSinceReferenceDate: Double(seconds - referenceDate) + fraction)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number.magnitude)
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    package static func divided(_ number: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
        let remainder = number % divisor
        return remainder < 0 ? (number / divisor - 1, remainder + divisor) : (number / divisor, remainder)
    }

    /// Howard Hinnant's `days_from_civil`, for the proleptic Gregorian calendar.
    package static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = divided(shifted, by: 400).quotient
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Howard Hinnant's `civil_from_days`.
    package static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = divided(shifted, by: 146_097).quotient
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    /// Takes a text apart from its front.
    private struct Scanner {
        private var rest: Substring.UTF8View

        init(_ text: String) { rest = Substring(text).utf8 }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard let first = rest.first, UInt32(first) == character.value else { return false }
            rest.removeFirst()
            return true
        }

        /// Exactly `width` digits.
        mutating func number(_ width: Int) -> Int? {
            let digits = rest.prefix(width)
            guard digits.count == width, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
            rest.removeFirst(width)
            return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        }

        /// A date, as days since 1970.
        mutating func days() -> Int? {
            guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2) else {
                return nil
            }
            guard (1...12).contains(month), (1...31).contains(day) else { return nil }
            let days = daysSince1970(year: year, month: month, day: day)
            // There is no 30 February: it would be another day.
            return civil(days: days).day == day ? days : nil
        }

        /// One to nine digits after the point.
        mutating func fraction() -> Double? {
            let digits = rest.prefix { (48...57).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            rest.removeFirst(digits.count)
            let scale = digits.reduce(1.0) { scale, _ in scale * 10 }
            return digits.reduce(0.0) { $0 * 10 + Double($1 - 48) } / scale
        }

        /// Seconds east of UTC; zero at the end of the text.
        mutating func zone() -> Int? {
            if isAtEnd || take("Z") { return 0 }
            let sign = take("+") ? 1 : take("-") ? -1 : 0
            guard sign != 0, let hours = number(2) else { return nil }
            guard !isAtEnd else { return sign * hours * 3600 }
            _ = take(":")
            guard let minutes = number(2) else { return nil }
            // Local times of the 19th century are seconds off (`-00:01:15`).
            guard take(":") else { return sign * (hours * 3600 + minutes * 60) }
            return number(2).map { sign * (hours * 3600 + minutes * 60 + $0) }
        }
    }
}
