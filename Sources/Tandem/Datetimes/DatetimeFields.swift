import PostgresWire

/// The fields of a moment, or of an interval.
struct DatetimeFields {
    var year = 0
    var month = 0
    var day = 0
    /// Microseconds of the day; of an interval, of any number of hours.
    var time: Int64 = 0

    var hour: Int { Int(time / 3_600_000_000) }
    var minute: Int { Int(time / 60_000_000 % 60) }
    /// With its fraction, in microseconds.
    var secondMicroseconds: Int { Int(time % 60_000_000) }

    /// - Parameter moment: microseconds since 2000-01-01.
    init(moment: Int64) {
        let days = CivilTime.wholeDays(moment)
        (year, month, day) = CivilTime.date(days: days)
        time = moment - days * CivilTime.microsecondsPerDay
    }

    init(_ interval: PostgresInterval) {
        (year, month) = (Int(interval.months / 12), Int(interval.months % 12))
        day = Int(interval.days)
        time = interval.microseconds
    }

    /// A time of day.
    init(time: Int64) { self.time = time }

    /// Of the fields of a moment.
    var moment: Int64 { days * CivilTime.microsecondsPerDay + time }

    /// Days since 2000-01-01.
    var days: Int64 { CivilTime.days(year: year, month: month, day: day) }

    /// 0 for Sunday. 2000-01-01 was a Saturday.
    var dayOfWeek: Int { Int(((days + 6) % 7 + 7) % 7) }
    /// 1 for Monday to 7 for Sunday.
    var isoDayOfWeek: Int { (dayOfWeek + 6) % 7 + 1 }
    var dayOfYear: Int { Int(days - CivilTime.days(year: year, month: 1, day: 1)) + 1 }
    var quarter: Int { (month + 2) / 3 }

    /// The Monday of the ISO week's year and its week: the week that has the year's first Thursday is the first.
    var isoWeek: (year: Int, week: Int) {
        let thursday = CivilTime.date(days: days - Int64(isoDayOfWeek - 4))
        let first = CivilTime.days(year: thursday.year, month: 1, day: 1)
        let week = (days - Int64(isoDayOfWeek - 4) - first) / 7 + 1
        return (thursday.year, Int(week))
    }

    /// The 21st began with 2001.
    static func count(_ year: Int, of years: Int) -> Int { (year + years - 1) / years }
}

// extract(field FROM value).
extension DatetimeFields {
    /// Nil for a field that there is not.
    ///
    /// - Parameter isInterval: its fields count on their own: a week is none of an interval.
    func value(_ name: String, isInterval: Bool) -> (any Numeric)? {
        switch name {
        case "microseconds": return secondMicroseconds
        case "milliseconds": return Self.number(secondMicroseconds, 1_000)
        case "second", "seconds": return Self.number(secondMicroseconds, 1_000_000)
        case "minute", "minutes": return minute
        case "hour", "hours": return hour
        case "day", "days": return day
        case "month", "months": return month
        case "year", "years": return year
        case "quarter": return isInterval ? month / 3 + 1 : quarter
        case "decade": return isInterval ? year / 10 : Int((Double(year) / 10).rounded(.down))
        case "century": return isInterval ? year / 100 : Self.count(year, of: 100)
        case "millennium": return isInterval ? year / 1_000 : Self.count(year, of: 1_000)
        default: return isInterval ? nil : calendarValue(name)
        }
    }

    private func calendarValue(_ name: String) -> (any Numeric)? {
        switch name {
        case "dow": dayOfWeek
        case "isodow": isoDayOfWeek
        case "doy": dayOfYear
        case "week": isoWeek.week
        case "isoyear": isoWeek.year
        case "timezone", "timezone_hour", "timezone_minute": 0
        default: nil
        }
    }

    private static func number(_ value: Int, _ unit: Int) -> any Numeric {
        guard value % unit == 0 else { return Double(value) / Double(unit) }
        return value / unit
    }
}
