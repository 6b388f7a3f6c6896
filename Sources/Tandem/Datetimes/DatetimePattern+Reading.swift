import GRDB
import PostgresWire

// to_date(text, pattern) and to_timestamp(text, pattern)
extension DatetimePattern {
    /// The moment that a text tells by the pattern, in microseconds since 2000-01-01.
    ///
    /// - Throws: `DatabaseError` where the text does not fit, and for fields that are only written.
    func moment(of text: String) throws -> Int64 {
        var reading = Reading(rest: text[...])
        for (place, part) in parts.enumerated() {
            switch part {
            case .literal(let literal): reading.skip(literal)
            case .field(let name, _, _, _):
                // Where the next field follows at once, a number has no more digits than its own.
                let isBounded = place + 1 < parts.count && !Self.isLiteral(parts[place + 1])
                try reading.read(name, isBounded: isBounded)
            }
        }
        return try reading.moment()
    }

    private static func isLiteral(_ part: Part) -> Bool {
        if case .literal = part { return true }
        return false
    }

    private struct Reading {
        var rest: Substring
        var fields = DatetimeFields(moment: CivilTime.days(year: 1, month: 1, day: 1) * CivilTime.microsecondsPerDay)
        var hour = 0
        var isAfternoon: Bool?
        /// Without the hours.
        var microseconds: Int64 = 0

        /// Any separator stands for any other.
        mutating func skip(_ literal: String) {
            for _ in literal {
                guard let first = rest.first, !first.isLetter, !first.isNumber else {
                    if let letter = literal.first, letter.isLetter, rest.first == letter { rest.removeFirst() }
                    continue
                }
                rest.removeFirst()
            }
        }

        mutating func read(_ name: String, isBounded: Bool) throws {
            rest = rest.drop { $0 == " " }
            switch name {
            case "MONTH", "MON":
                fields.month = try word(DatetimePattern.months.map { name == "MON" ? String($0.prefix(3)) : $0 }) + 1
            case "DAY", "DY":
                _ = try word(DatetimePattern.days.map { name == "DY" ? String($0.prefix(3)) : $0 })
            case "AM", "PM": isAfternoon = try word(["am", "pm"]) == 1
            case "A.M.", "P.M.": isAfternoon = try word(["a.m.", "p.m."]) == 1
            case "YYYY": fields.year = try number(isBounded ? 4 : 6)
            case "YY":
                let year = try number(2)
                fields.year = year < 70 ? 2_000 + year : 1_900 + year
            case "MM": fields.month = try number(2)
            case "DD": fields.day = try number(2)
            case "DDD":
                let days = CivilTime.days(year: fields.year, month: 1, day: 1) + Int64(try number(3)) - 1
                (_, fields.month, fields.day) = CivilTime.date(days: days)
            case "HH24", "HH", "HH12": hour = try number(2)
            case "MI": microseconds += Int64(try number(2)) * 60_000_000
            case "SS": microseconds += Int64(try number(2)) * 1_000_000
            case "MS": microseconds += try fraction(3)
            case "US": microseconds += try fraction(6)
            case _ where name.hasPrefix("FF"): microseconds += try fraction(Int(name.dropFirst(2)) ?? 6)
            default: throw DatetimeError.invalid("the pattern \(name) can only be written here, by to_char")
            }
        }

        private mutating func word(_ words: [String]) throws -> Int {
            let start = rest.prefix(words.reduce(0) { max($0, $1.count) }).lowercased()
            guard let place = words.firstIndex(where: { start.hasPrefix($0.lowercased()) }) else {
                throw DatetimeError.invalid("invalid value in the text of a date: \"\(rest.prefix(10))\"")
            }
            rest = rest.dropFirst(words[place].count)
            return place
        }

        private mutating func digits(_ maximum: Int) throws -> Substring {
            let digits = rest.prefix(maximum).prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty else {
                throw DatetimeError.invalid("invalid value in the text of a date: \"\(rest.prefix(10))\"")
            }
            rest = rest.dropFirst(digits.count)
            return digits
        }

        private mutating func number(_ maximum: Int) throws -> Int { Int(try digits(maximum)) ?? 0 }

        /// In microseconds.
        private mutating func fraction(_ maximum: Int) throws -> Int64 {
            let digits = try digits(maximum)
            return Int64((digits + String(repeating: "0", count: 6)).prefix(6)) ?? 0
        }

        func moment() throws -> Int64 {
            guard (1...294_276).contains(fields.year), (1...12).contains(fields.month),
                (1...CivilTime.daysInMonth(fields.month, of: fields.year)).contains(fields.day),
                hour < 24
                    || hour == 24 && microseconds == 0, microseconds < 3_600_000_000
            else { throw DatetimeError.invalid("date/time field value out of range") }
            let hours = isAfternoon.map { hour % 12 + ($0 ? 12 : 0) } ?? hour
            return fields.moment + Int64(hours) * 3_600_000_000 + microseconds
        }
    }
}
