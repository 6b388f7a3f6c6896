import PostgresWire

/// What lies between two moments, the later one not included, as OVERLAPS has it (PostgreSQL's manual, 9.9); or one moment.
struct DatetimePeriod {
    private let start: Int128
    private let end: Int128

    /// - Parameter other: the other end, before it or behind it, or how long it lasts.
    /// - Throws: `DatabaseError` where a moment is out of range.
    init?(_ one: DatetimeOperand, _ other: DatetimeOperand) throws {
        var other = other
        if case .datetime(let from) = one, from.moment != nil, case .datetime(.interval) = other {
            other = try one + other
        }
        guard let first = Self.place(one), let second = Self.place(other) else { return nil }
        start = min(first, second)
        end = max(first, second)
    }

    /// A time of day is read as an interval: no text tells one from the other.
    private static func place(_ operand: DatetimeOperand) -> Int128? {
        guard case .datetime(let value) = operand else { return nil }
        switch value {
        case .interval(let interval): return interval.length
        case .time(let time): return Int128(time)
        case .date, .timestamp: return value.moment.map { Int128($0) }
        }
    }

    func overlaps(_ other: DatetimePeriod) -> Bool {
        start == other.start || (start < other.start ? other.start < end : start < other.end)
    }
}
