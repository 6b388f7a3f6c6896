import GRDB
import PostgresWire

/// A date, time of day, timestamp or interval, by the text that SQLite keeps of it.
enum DatetimeValue: Equatable {
    /// Days since 2000-01-01.
    case date(Int64)
    /// Microseconds since midnight.
    case time(Int64)
    /// Microseconds since 2000-01-01 00:00:00, in UTC where the text names a zone.
    case timestamp(Int64)
    case interval(PostgresInterval)

    /// Nil for a text that is none of these. `10:00:00` is an interval, as it stands for a time of day only where a `T`
    /// is before it: no text tells one from the other, so that the translation says where it knows.
    init?(_ text: String) {
        if text.hasPrefix("T") {
            var rest = String(text.dropFirst())
            guard let time = rest.withUTF8({ CivilTime.parseTimeOfDay(UnsafeRawBufferPointer($0)) }) else { return nil }
            self = .time(time)
            return
        }
        var text = text
        let read = text.withUTF8 { bytes -> DatetimeValue? in
            let bytes = UnsafeRawBufferPointer(bytes)
            if let moment = CivilTime.parseMoment(bytes) {
                let isDate = !moment.hasTime && moment.offset == nil
                return isDate ? .date(moment.microseconds / CivilTime.microsecondsPerDay) : .timestamp(moment.utc)
            }
            return nil
        }
        if let read {
            self = read
        } else if let interval = PostgresInterval(text: text) {
            self = .interval(interval)
        } else {
            return nil
        }
    }

    /// The text; nil for a moment before the year 1 or behind what PostgreSQL's timestamps hold.
    var text: String? {
        switch self {
        case .date(let days): return CivilTime.isInRange(days: days) ? CivilTime.dateText(days: days) : nil
        case .time(let time): return CivilTime.timeText(microseconds: time)
        case .timestamp(let moment):
            return CivilTime.isInRange(days: CivilTime.wholeDays(moment)) ? CivilTime.timestampText(moment) : nil
        case .interval(let interval): return interval.text
        }
    }

    /// The moment that a date or timestamp is; nil for the others.
    var moment: Int64? {
        switch self {
        case .date(let days): days * CivilTime.microsecondsPerDay
        case .timestamp(let moment): moment
        case .time, .interval: nil
        }
    }
}

/// A value as arithmetic with dates takes it: of these, or a number.
enum DatetimeOperand {
    case datetime(DatetimeValue)
    case number(Double)

    /// Nil for NULL.
    ///
    /// - Throws: `DatabaseError` for a text that is neither.
    init?(_ value: DatabaseValue) throws {
        switch value.storage {
        case .null: return nil
        case .int64(let number): self = .number(Double(number))
        case .double(let number): self = .number(number)
        case .string(let text):
            guard let value = DatetimeValue(text) else {
                guard let number = Double(text), number.isFinite else {
                    throw DatetimeError.invalid("invalid input syntax for a date, timestamp or interval: \"\(text)\"")
                }
                self = .number(number)
                return
            }
            self = .datetime(value)
        case .blob: throw DatetimeError.invalid("a blob is no date, timestamp or interval")
        }
    }
}

/// What the functions of dates and times refuse; their codes are PostgreSQL's.
enum DatetimeError {
    static func invalid(_ message: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_FORMAT, message: message)
    }
    static var outOfRange: DatabaseError { invalid("timestamp or interval out of range") }
    static var divisionByZero: DatabaseError { invalid("division by zero") }
}
