import GRDB
import PostgresWire

// Dates, times and intervals of numbers.
extension DatetimeFunctions {
    static let constructors = [
        strict("tandem_make_date", 3) { values in try text(.date(try day(values))) },
        strict("tandem_make_timestamp", 6) { values in
            try text(.timestamp(try day(values) * CivilTime.microsecondsPerDay + (try time(values[3...]))))
        },
        strict("tandem_make_time", 3) { values in try text(.time(try time(values[...]))) },
        strict("tandem_make_interval", 7) { values in
            let numbers = try values.map { value in
                guard let number = Double.fromDatabaseValue(value), abs(number) < 1e12 else {
                    throw DatetimeError.outOfRange
                }
                return number
            }
            let (hours, minutes, seconds) = (numbers[4], numbers[5], numbers[6])
            guard let months = Int32(exactly: numbers[0] * 12 + numbers[1]),
                let days = Int32(exactly: numbers[2] * 7 + numbers[3]),
                let time = Int64(exactly: (hours * 3600 + minutes * 60) * 1_000_000 + (seconds * 1_000_000).rounded())
            else { throw DatetimeError.outOfRange }
            return PostgresInterval(months: months, days: days, microseconds: time).text
        },
    ]

    static func day(_ values: [DatabaseValue]) throws -> Int64 {
        guard let year = Int.fromDatabaseValue(values[0]), let month = Int.fromDatabaseValue(values[1]),
            let day = Int.fromDatabaseValue(values[2]), (1...294_276).contains(year), (1...12).contains(month),
            (1...CivilTime.daysInMonth(month, of: year)).contains(day)
        else { throw DatetimeError.invalid("date/time field value out of range") }
        return CivilTime.days(year: year, month: month, day: day)
    }

    static func time(_ values: ArraySlice<DatabaseValue>) throws -> Int64 {
        let numbers = values.compactMap { Double.fromDatabaseValue($0) }
        guard numbers.count == 3, (0..<24).contains(numbers[0]), (0..<60).contains(numbers[1]),
            (0...60).contains(numbers[2])
        else { throw DatetimeError.invalid("date/time field value out of range") }
        return Int64(numbers[0] * 3_600e6 + numbers[1] * 60e6 + (numbers[2] * 1e6).rounded())
    }
}
