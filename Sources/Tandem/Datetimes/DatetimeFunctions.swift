import GRDB
import PostgresWire

/// The functions and operators of dates and times that statements are given in place of PostgreSQL's.
enum DatetimeFunctions {
    static let all = operators + parts + texts + constructors

    private static let operators = [
        strict("tandem_add", 2) { try computed($0, +) { $0.addingReportingOverflow($1) } },
        strict("tandem_subtract", 2) { try computed($0, -) { $0.subtractingReportingOverflow($1) } },
        strict("tandem_multiply", 2) { try computed($0, *) { $0.multipliedReportingOverflow(by: $1) } },
        strict("tandem_divide", 2) { values in
            try computed(values, /) { $1 == 0 ? ($0, true) : $0.dividedReportingOverflow(by: $1) }
        },
        strict("tandem_interval", 1) { values in try interval(values[0]).text },
        // What an interval is compared by; all else as it is.
        strict("tandem_length", 1) { values in
            guard case .string(let text) = values[0].storage, case .interval(let interval)? = DatetimeValue(text) else {
                return values[0]
            }
            return Int64(clamping: interval.length)
        },
    ]

    private static let parts = [
        strict("tandem_extract", 2) { values in
            guard let field = values[0].asText?.lowercased(), let value = try datetime(values[1]) else { return nil }
            return try value.part(field)
        },
        strict("tandem_date_trunc", 2) { values in
            guard let unit = values[0].asText?.lowercased(), let value = try datetime(values[1]) else { return nil }
            return try text(try value.truncated(to: unit))
        },
        strict("tandem_age", 2) { values in
            guard let one = try datetime(values[0])?.moment, let other = try datetime(values[1])?.moment else {
                throw DatetimeError.invalid("age is of two dates or timestamps")
            }
            return DatetimeValue.age(one, other).text
        },
        strict("tandem_date", 1) { values in
            guard let moment = try datetime(values[0])?.moment else {
                throw DatetimeError.invalid("invalid input syntax for a date: only a date or timestamp has one")
            }
            return try text(.date(CivilTime.wholeDays(moment)))
        },
        strict("tandem_justify", 2) { values in
            try justified(try interval(values[1]), by: values[0].asText ?? "").text
        },
        strict("tandem_overlaps", 4) { values in
            let (one, other) = (try period(values[0], values[1]), try period(values[2], values[3]))
            return one.overlaps(other) ? 1 : 0
        },
        strict("tandem_isfinite", 1) { values in
            values[0].asText.map { $0.hasSuffix("infinity") ? 0 : 1 }
        },
    ]

    private static let texts = [
        strict("tandem_to_char", 2) { values in
            let pattern = try pattern(values[1])
            if case .string(let text) = values[0].storage, let value = DatetimeValue(text) {
                return try DatetimePattern(pattern).text(of: value)
            }
            guard let digits = DecimalDigits(values[0]) else {
                throw DatetimeError.invalid("to_char is of dates, timestamps, intervals and numbers")
            }
            return try NumberPattern(pattern).text(of: digits)
        },
        strict("tandem_to_timestamp", 2) { values in
            let moment = try DatetimePattern(try pattern(values[1])).moment(of: values[0].asText ?? "")
            return try text(.timestamp(moment))
        },
        strict("tandem_to_date", 2) { values in
            let moment = try DatetimePattern(try pattern(values[1])).moment(of: values[0].asText ?? "")
            return try text(.date(CivilTime.wholeDays(moment)))
        },
        strict("tandem_from_epoch", 1) { values in
            guard let seconds = Double.fromDatabaseValue(values[0]),
                let moment = Int64(exactly: ((seconds - 946_684_800) * 1_000_000).rounded())
            else { throw DatetimeError.outOfRange }
            return try text(.timestamp(moment))
        },
    ]

    /// A pattern of dates or numbers may have so many bytes: it is read anew at each call.
    private static let maximumPatternLength = 4_096

    private static func pattern(_ value: DatabaseValue) throws -> String {
        let text = value.asText ?? ""
        guard text.utf8.count <= maximumPatternLength else {
            throw DatabaseError(
                resultCode: .SQLITE_TOOBIG, message: "a pattern may have \(maximumPatternLength) bytes here")
        }
        return text
    }

    /// A function that is NULL where one of its arguments is.
    static func strict(
        _ name: String, _ arguments: Int,
        _ body: @escaping @Sendable ([DatabaseValue]) throws -> (any DatabaseValueConvertible)?
    ) -> DatabaseFunction {
        DatabaseFunction(name, argumentCount: arguments, pure: true) { values in
            values.contains(where: \.isNull) ? nil : try body(values)
        }
    }

    /// Integers stay integers, as long as they fit; dates and intervals are what PostgreSQL makes of them.
    private static func computed(
        _ values: [DatabaseValue], _ operation: (DatetimeOperand, DatetimeOperand) throws -> DatetimeOperand,
        _ integers: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
    ) throws -> (any DatabaseValueConvertible)? {
        let (left, right) = (number(values[0], beside: values[1]), number(values[1], beside: values[0]))
        if case .int64(let one) = left.storage, case .int64(let other) = right.storage {
            let (result, overflow) = integers(one, other)
            if !overflow { return result }
        }
        guard let one = try DatetimeOperand(left), let other = try DatetimeOperand(right) else { return nil }
        switch try operation(one, other) {
        case .datetime(let value): return try text(value)
        case .number(let number):
            if case .datetime = one { return Int64(exactly: number) ?? number }
            return number
        }
    }

    /// A text that is written like a number, which beside a number is one, as it is to SQLite: `strftime('%s', 'now')`
    /// beside the seconds that a column of timestamps may hold. All other values as they are.
    private static func number(_ value: DatabaseValue, beside other: DatabaseValue) -> DatabaseValue {
        guard case .string(let text) = value.storage else { return value }
        switch other.storage {
        case .int64, .double: break
        case .null, .string, .blob: return value
        }
        if let integer = Int64(text) { return integer.databaseValue }
        guard let number = Double(text), number.isFinite else { return value }
        return number.databaseValue
    }

    static func text(_ value: DatetimeValue) throws -> String {
        guard let text = value.text else { throw DatetimeError.outOfRange }
        return text
    }

    /// A value as a date, time or interval; a number in a column of timestamps is what SQLite takes it for.
    private static func datetime(_ value: DatabaseValue) throws -> DatetimeValue? {
        switch value.storage {
        case .null, .blob: return nil
        case .int64(let seconds): return CivilTime.microseconds(unixSeconds: seconds).map { .timestamp($0) }
        case .double(let day): return CivilTime.microseconds(julianDay: day).map { .timestamp($0) }
        case .string(let text):
            guard let value = DatetimeValue(text) else {
                throw DatetimeError.invalid("invalid input syntax for a date, timestamp or interval: \"\(text)\"")
            }
            return value
        }
    }

    private static func interval(_ value: DatabaseValue) throws -> PostgresInterval {
        if let text = value.asText, let interval = PostgresInterval(text: text) { return interval }
        throw DatetimeError.invalid("invalid input syntax for type interval: \"\(value.asText ?? "")\"")
    }

    /// From one moment, or time of day, to another, or as long as an interval.
    private static func period(_ start: DatabaseValue, _ end: DatabaseValue) throws -> DatetimePeriod {
        guard let from = try DatetimeOperand(start), let to = try DatetimeOperand(end),
            let period = try DatetimePeriod(from, to)
        else { throw DatetimeError.invalid("OVERLAPS is of dates, timestamps and times of day") }
        return period
    }

    /// `justify_days`, `justify_hours`, `justify_interval`: 24 hours are a day, 30 days a month.
    private static func justified(_ interval: PostgresInterval, by unit: String) throws -> PostgresInterval {
        var days = Int64(interval.days)
        var months = Int64(interval.months)
        var time = interval.microseconds
        if unit != "days" {
            days += time / CivilTime.microsecondsPerDay
            time %= CivilTime.microsecondsPerDay
        }
        if unit != "hours" {
            months += days / 30
            days %= 30
        }
        let isWhole = unit == "interval"
        if unit != "hours" {
            if months > 0, days < 0 || isWhole && days == 0 && time < 0 {
                (months, days) = (months - 1, days + 30)
            } else if months < 0, days > 0 || isWhole && days == 0 && time > 0 {
                (months, days) = (months + 1, days - 30)
            }
        }
        if unit != "days" {
            if days > 0, time < 0 {
                (days, time) = (days - 1, time + CivilTime.microsecondsPerDay)
            } else if days < 0, time > 0 {
                (days, time) = (days + 1, time - CivilTime.microsecondsPerDay)
            }
        }
        guard let months = Int32(exactly: months), let days = Int32(exactly: days) else {
            throw DatetimeError.outOfRange
        }
        return PostgresInterval(months: months, days: days, microseconds: time)
    }
}
