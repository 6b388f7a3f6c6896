import GRDB
import PostgresWire

// extract and date_trunc.
extension DatetimeValue {
    /// `extract(field FROM value)`.
    ///
    /// - Throws: `DatabaseError` for a field that there is not.
    func part(_ name: String) throws -> (any DatabaseValueConvertible)? {
        if name == "epoch" { return epoch }
        if name == "julian", let moment { return Double(moment) / 86_400e6 + 2_451_545 }
        let value =
            switch self {
            case .date, .timestamp: DatetimeFields(moment: moment ?? 0).value(name, isInterval: false)
            case .time(let time): DatetimeFields(time: time).value(name, isInterval: true)
            case .interval(let interval): DatetimeFields(interval).value(name, isInterval: true)
            }
        switch value {
        case let value as Int: return value
        case let value as Double: return value
        default: throw DatetimeError.invalid("unit \"\(name)\" is not supported for this value")
        }
    }

    /// Seconds: since 1970, since midnight, or of the interval, whose years are of 365.25 days.
    private var epoch: Double {
        switch self {
        case .date, .timestamp: Double(Int128(moment ?? 0) + 946_684_800_000_000) / 1_000_000
        case .time(let time): Double(time) / 1_000_000
        case .interval(let interval):
            Double(interval.microseconds) / 1_000_000 + Double(interval.days) * 86_400
                + Double(interval.months / 12) * 31_557_600 + Double(interval.months % 12) * 30 * 86_400
        }
    }

    /// `date_trunc(unit, value)`: of a moment or an interval.
    func truncated(to unit: String) throws -> DatetimeValue {
        switch self {
        case .interval(let interval):
            return .interval(try Self.truncate(interval, to: unit))
        case .time(let time):
            return .interval(try Self.truncate(PostgresInterval(microseconds: time), to: unit))
        case .date, .timestamp:
            var fields = DatetimeFields(moment: moment ?? 0)
            if let length = Self.lengths[unit] {
                fields.time -= fields.time % length
                return .timestamp(fields.moment)
            }
            fields.time = 0
            switch unit {
            case "day", "days": break
            case "week", "weeks":
                return .timestamp((fields.days - Int64(fields.isoDayOfWeek - 1)) * CivilTime.microsecondsPerDay)
            case "month", "months": fields.day = 1
            case "quarter": (fields.month, fields.day) = ((fields.month - 1) / 3 * 3 + 1, 1)
            default:
                guard let year = Self.firstYear(fields.year, unit) else { throw Self.unknown(unit) }
                (fields.year, fields.month, fields.day) = (year, 1, 1)
            }
            return .timestamp(fields.moment)
        }
    }

    /// In microseconds.
    private static let lengths: [String: Int64] = [
        "microsecond": 1, "microseconds": 1, "millisecond": 1_000, "milliseconds": 1_000, "second": 1_000_000,
        "seconds": 1_000_000, "minute": 60_000_000, "minutes": 60_000_000, "hour": 3_600_000_000,
        "hours": 3_600_000_000,
    ]

    private static func firstYear(_ year: Int, _ unit: String) -> Int? {
        switch unit {
        case "year", "years": year
        case "decade", "decades": year / 10 * 10
        case "century", "centuries": (DatetimeFields.count(year, of: 100) - 1) * 100 + 1
        case "millennium", "millennia": (DatetimeFields.count(year, of: 1_000) - 1) * 1_000 + 1
        default: nil
        }
    }

    private static func truncate(_ interval: PostgresInterval, to unit: String) throws -> PostgresInterval {
        var result = interval
        if let length = lengths[unit] {
            result.microseconds -= result.microseconds % length
            return result
        }
        result.microseconds = 0
        if unit == "day" || unit == "days" { return result }
        result.days = 0
        let months: [String: Int32] = [
            "month": 1, "months": 1, "quarter": 3, "year": 12, "years": 12, "decade": 120, "century": 1_200,
            "millennium": 12_000,
        ]
        guard let count = months[unit] else { throw unknown(unit) }
        result.months -= result.months % count
        return result
    }

    private static func unknown(_ unit: String) -> DatabaseError {
        DatetimeError.invalid("unit \"\(unit)\" is not supported for this value")
    }
}
