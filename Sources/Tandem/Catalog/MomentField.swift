import GRDB
import PostgresWire

/// `extract(field FROM moment)` of moments as SQLite keeps them: ISO 8601 text.
enum MomentField {
    static func value(_ field: String, of text: String) throws -> (any DatabaseValueConvertible)? {
        guard let parts = Parts(text) else { return nil }
        switch field {
        case "epoch": return parts.epoch
        case "year": return parts.year
        case "month": return parts.month
        case "day": return parts.day
        case "hour": return parts.hour
        case "minute": return parts.minute
        case "second": return parts.second
        case "quarter": return (parts.month + 2) / 3
        // 1970-01-01 was a Thursday.
        case "dow": return ((parts.days + 4) % 7 + 7) % 7
        case "isodow": return ((parts.days + 3) % 7 + 7) % 7 + 1
        case "doy": return parts.days - Parts.days(parts.year, 1, 1) + 1
        default:
            throw DatabaseError(
                resultCode: .SQLITE_FORMAT, message: "unit \"\(field)\" is not supported for timestamps here")
        }
    }

    private struct Parts {
        var year = 0
        var month = 1
        var day = 1
        var hour = 0
        var minute = 0
        var second = 0.0
        /// Since 1970.
        var days: Int { Self.days(year, month, day) }
        var epoch: Double { Double(days * 86_400 + hour * 3_600 + minute * 60) + second }

        /// `2026-11-25 19:00:00.5`, with `T` or a space, and `Z` or +00 behind it.
        init?(_ text: String) {
            let halves = text.split(maxSplits: 1) { $0 == " " || $0 == "T" }
            let date = (halves.first ?? "").split(separator: "-").compactMap { Int($0) }
            guard date.count == 3, (1...12).contains(date[1]), (1...31).contains(date[2]) else { return nil }
            (year, month, day) = (date[0], date[1], date[2])
            guard halves.count == 2 else { return }
            let time = halves[1].prefix { $0.isNumber || $0 == ":" || $0 == "." }.split(separator: ":")
            hour = time.first.flatMap { Int($0) } ?? 0
            minute = time.count > 1 ? Int(time[1]) ?? 0 : 0
            second = time.count > 2 ? Double(time[2]) ?? 0 : 0
        }

        /// Days from 1970-01-01 to a day of the Gregorian calendar.
        static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
            let year = month <= 2 ? year - 1 : year
            let era = (year >= 0 ? year : year - 399) / 400
            let yearOfEra = year - era * 400
            let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
            return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        }
    }
}
