/// Dates and times of day in the proleptic Gregorian calendar, as numbers and as ISO 8601 text.
///
/// PostgreSQL counts days and microseconds from 2000-01-01; SQLite has text `YYYY-MM-DD HH:MM:SS[.ffffff]`.
package enum CivilTime {
    package static let microsecondsPerSecond: Int64 = 1_000_000
    package static let microsecondsPerDay: Int64 = 86_400_000_000
    static let microsecondsFrom1970To2000: Int64 = 946_684_800_000_000

    /// What a text said.
    package struct Moment: Equatable {
        /// Microseconds since 2000-01-01 00:00:00, in the text's own time zone.
        package var microseconds: Int64
        /// The time zone's distance from UTC in seconds, east positive; nil if the text has none.
        package var offset: Int?
        /// Whether the text had a time of day.
        package var hasTime: Bool

        /// The same moment in UTC; a text without a time zone is taken for UTC.
        package var utc: Int64 { microseconds - Int64(offset ?? 0) * microsecondsPerSecond }
    }

    /// Days from 2000-01-01 to a date. The algorithm is Howard Hinnant's `days_from_civil`.
    package static func days(year: Int, month: Int, day: Int) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468 - 10_957)
    }

    /// The date that lies `days` after 2000-01-01; Hinnant's `civil_from_days`.
    package static func date(days: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = Int(days) + 10_957 + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    /// The day of a moment, of the one before it if the moment is not at midnight and before 2000.
    package static func wholeDays(_ microseconds: Int64) -> Int64 {
        let days = microseconds / microsecondsPerDay
        return microseconds % microsecondsPerDay < 0 ? days - 1 : days
    }

    package static func daysInMonth(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Reads `YYYY-MM-DD[( |T)HH:MM[:SS[.f…]]][zone]` with zone `Z` or `±HH[[:]MM[[:]SS]]`; nil for anything else. A date
    /// alone may have a zone, too: pgjdbc writes one.
    package static func parseMoment(_ text: UnsafeRawBufferPointer) -> Moment? {
        var cursor = TextCursor(text)
        guard let days = parseDate(&cursor) else { return nil }
        if cursor.atEnd { return Moment(microseconds: days * microsecondsPerDay, offset: nil, hasTime: false) }
        var behind = cursor
        var time: Int64?
        if behind.take(" ") || behind.take("T") || behind.take("t") {
            time = parseTime(&behind)
            if time == nil { _ = cursor.take(" ") } else { cursor = behind }
        }
        var offset: Int?
        if !cursor.atEnd {
            offset = parseZone(&cursor)
            guard offset != nil, cursor.atEnd else { return nil }
        }
        guard time != nil || offset != nil else { return nil }
        return Moment(microseconds: days * microsecondsPerDay + (time ?? 0), offset: offset, hasTime: time != nil)
    }

    /// Reads a time of day `HH:MM[:SS[.f…]]` in microseconds; nil for anything else.
    package static func parseTimeOfDay(_ text: UnsafeRawBufferPointer) -> Int64? {
        var cursor = TextCursor(text)
        guard let time = parseTime(&cursor), cursor.atEnd else { return nil }
        return time
    }

    private static func parseDate(_ cursor: inout TextCursor) -> Int64? {
        guard let year = cursor.number(digits: 4...6), cursor.take("-"), let month = cursor.number(digits: 2...2),
            cursor.take("-"), let day = cursor.number(digits: 2...2), year >= 1, year <= 294_276,
            (1...12).contains(month), day >= 1, day <= daysInMonth(month, of: year)
        else { return nil }
        return days(year: year, month: month, day: day)
    }

    private static func parseTime(_ cursor: inout TextCursor) -> Int64? {
        guard let hour = cursor.number(digits: 2...2), cursor.take(":"), let minute = cursor.number(digits: 2...2),
            hour <= 24, minute <= 59
        else { return nil }
        var microseconds = Int64(hour * 3600 + minute * 60) * microsecondsPerSecond
        if cursor.take(":") {
            guard let second = cursor.number(digits: 2...2), second <= 60 else { return nil }
            microseconds += Int64(second) * microsecondsPerSecond
            if cursor.take(".") {
                guard let fraction = cursor.fraction() else { return nil }
                microseconds += fraction
            }
        }
        return microseconds <= microsecondsPerDay ? microseconds : nil
    }

    private static func parseZone(_ cursor: inout TextCursor) -> Int? {
        if cursor.take("Z") || cursor.take("z") { return 0 }
        let sign: Int
        if cursor.take("+") { sign = 1 } else if cursor.take("-") { sign = -1 } else { return nil }
        guard let hours = cursor.number(digits: 2...2), hours <= 15 else { return nil }
        var seconds = hours * 3600
        for unit in [60, 1] where !cursor.atEnd {
            _ = cursor.take(":")
            guard let part = cursor.number(digits: 2...2), part <= 59 else { return nil }
            seconds += part * unit
        }
        return sign * seconds
    }

    /// Seconds since 1970 as microseconds since 2000: what an integer in a column of dates means to SQLite (Datatypes In
    /// SQLite, 2.2). nil outside of the years 1 to 9999.
    package static func microseconds(unixSeconds seconds: Int64) -> Int64? {
        guard (-62_135_596_800...253_402_300_799).contains(seconds) else { return nil }
        return seconds * microsecondsPerSecond - microsecondsFrom1970To2000
    }

    /// A Julian day, which is what a real in such a column means, to the millisecond that SQLite keeps.
    package static func microseconds(julianDay day: Double) -> Int64? {
        guard day >= 1_721_425.5, day < 5_373_484.5 else { return nil }
        return Int64(((day - 2_451_544.5) * 86_400_000).rounded()) * 1000
    }
}
