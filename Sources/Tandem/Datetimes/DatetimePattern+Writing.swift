import GRDB
import PostgresWire

// to_char(value, pattern)
extension DatetimePattern {
    /// The value by the pattern; moments are in UTC.
    ///
    /// - Throws: `DatabaseError` for a field that an interval or a time of day has not.
    func text(of value: DatetimeValue) throws -> String {
        let fields: DatetimeFields
        var isMoment = false
        switch value {
        case .date, .timestamp:
            fields = DatetimeFields(moment: value.moment ?? 0)
            isMoment = true
        case .time(let time): fields = DatetimeFields(time: time)
        case .interval(let interval): fields = DatetimeFields(interval)
        }
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .field(let name, let written, let fills, let ordinal):
                guard isMoment || !Self.ofMoments.contains(name) else {
                    throw DatetimeError.invalid("the pattern \(name) of to_char is of dates and timestamps only")
                }
                let text = Self.text(name, written, fields, fills: fills)
                result += text
                if let ordinal { result += Self.ending(text, ordinal) }
            }
        }
        return result
    }

    private static let ofMoments: Set<String> = [
        "MONTH", "MON", "RM", "DAY", "DY", "D", "ID", "W", "WW", "IW", "IYYY", "IYY", "IY", "I", "IDDD", "J", "TZ",
        "TZH", "TZM", "OF", "BC", "AD", "B.C.", "A.D.",
    ]

    private static func text(_ name: String, _ written: String, _ fields: DatetimeFields, fills: Bool) -> String {
        if words.contains(name) { return word(name, written, fields, fills: fills) }
        let second = abs(fields.secondMicroseconds)
        switch name {
        case "MS": return padded(second % 1_000_000 / 1_000, 3, true)
        case "US": return padded(second % 1_000_000, 6, true)
        case _ where name.hasPrefix("FF"):
            return String(padded(second % 1_000_000, 6, true).prefix(Int(name.dropFirst(2)) ?? 6))
        case "Y,YYY": return "\(fields.year / 1_000),\(padded(fields.year % 1_000, 3, true))"
        case "TZH": return "+00"
        case "TZM": return "00"
        case "OF": return "+00"
        default:
            let (value, width) = number(name, fields)
            return padded(value, width, fills)
        }
    }

    private static func number(_ name: String, _ fields: DatetimeFields) -> (Int, Int) {
        let hour = fields.hour
        return switch name {
        case "HH", "HH12": (hour % 12 == 0 ? 12 : hour % 12, 2)
        case "HH24": (hour, 2)
        case "MI": (fields.minute, 2)
        case "SS": (fields.secondMicroseconds / 1_000_000, 2)
        case "SSSS", "SSSSS": (Int(fields.time / 1_000_000), 0)
        case "YYYY": (fields.year, 4)
        case "YYY": (fields.year % 1_000, 3)
        case "YY": (fields.year % 100, 2)
        case "Y": (fields.year % 10, 1)
        case "IYYY": (fields.isoWeek.year, 4)
        case "IYY": (fields.isoWeek.year % 1_000, 3)
        case "IY": (fields.isoWeek.year % 100, 2)
        case "I": (fields.isoWeek.year % 10, 1)
        case "MM": (fields.month, 2)
        case "DD": (fields.day, 2)
        case "DDD": (fields.dayOfYear, 3)
        case "IDDD": ((fields.isoWeek.week - 1) * 7 + fields.isoDayOfWeek, 3)
        case "D": (fields.dayOfWeek + 1, 0)
        case "ID": (fields.isoDayOfWeek, 0)
        case "W": ((fields.day - 1) / 7 + 1, 0)
        case "WW": ((fields.dayOfYear - 1) / 7 + 1, 2)
        case "IW": (fields.isoWeek.week, 2)
        case "CC": (DatetimeFields.count(fields.year, of: 100), 2)
        case "J": (Int(fields.days) + 2_451_545, 0)
        case "Q": (fields.quarter, 0)
        default: (0, 0)
        }
    }

    private static func word(_ name: String, _ written: String, _ fields: DatetimeFields, fills: Bool) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            fills ? text + String(repeating: " ", count: max(0, width - text.count)) : text
        }
        let isLower = written == written.lowercased()
        switch name {
        case "AM", "PM", "A.M.", "P.M.":
            let letter = fields.hour % 24 >= 12 ? "p" : "a"
            let text = name.count == 4 ? "\(letter).m." : "\(letter)m"
            return written.first?.isLowercase == true ? text : text.uppercased()
        case "BC", "AD": return isLower ? "ad" : "AD"
        case "B.C.", "A.D.": return isLower ? "a.d." : "A.D."
        case "TZ": return isLower ? "utc" : "UTC"
        case "RM":
            let roman = romans[fields.month - 1]
            return padded(written.first?.isLowercase == true ? roman.lowercased() : roman, 4)
        default:
            let isMonth = name.hasPrefix("MON")
            let full = isMonth ? months[fields.month - 1] : days[fields.dayOfWeek]
            let isShort = name == "MON" || name == "DY"
            let text = isShort ? String(full.prefix(3)) : full
            return padded(cased(text, written), isShort ? 0 : 9)
        }
    }

    /// `MONTH`, `Month` or `month`.
    private static func cased(_ text: String, _ written: String) -> String {
        let letters = Array(written)
        if letters[0].isLowercase { return text.lowercased() }
        return letters[1].isUppercase ? text.uppercased() : text
    }

    private static func padded(_ value: Int, _ width: Int, _ fills: Bool) -> String {
        let digits = String(abs(value))
        let zeros = fills ? String(repeating: "0", count: max(0, width - digits.count)) : ""
        return (value < 0 ? "-" : "") + zeros + digits
    }

    /// `st`, `nd`, `rd`, `th`
    private static func ending(_ number: String, _ written: String) -> String {
        let digits = number.filter(\.isNumber)
        let isTeen = digits.dropLast().last == "1"
        let ending =
            switch digits.last {
            case "1" where !isTeen: "st"
            case "2" where !isTeen: "nd"
            case "3" where !isTeen: "rd"
            default: "th"
            }
        return written == "TH" ? ending.uppercased() : ending
    }
}
