import PostgresWire

// What PostgreSQL's operators make of dates, times and intervals (its manual, 9.9).
extension DatetimeOperand {
    static func + (one: DatetimeOperand, other: DatetimeOperand) throws -> DatetimeOperand {
        switch (one, other) {
        case (.number(let one), .number(let other)): .number(one + other)
        case (.datetime(.date(let days)), .number(let number)), (.number(let number), .datetime(.date(let days))):
            .datetime(.date(days + (try whole(number))))
        case (.datetime(let value), .datetime(.interval(let interval))): .datetime(try value.adding(interval))
        case (.datetime(.interval(let interval)), .datetime(let value)): .datetime(try value.adding(interval))
        case (.datetime(.date(let days)), .datetime(.time(let time))),
            (.datetime(.time(let time)), .datetime(.date(let days))):
            .datetime(.timestamp(days * CivilTime.microsecondsPerDay + time))
        default: throw DatetimeError.invalid("operator + does not exist for these values")
        }
    }

    static func - (one: DatetimeOperand, other: DatetimeOperand) throws -> DatetimeOperand {
        switch (one, other) {
        case (.number(let one), .number(let other)): return .number(one - other)
        case (.datetime(.date(let days)), .number(let number)): return .datetime(.date(days - (try whole(number))))
        case (.datetime(.date(let one)), .datetime(.date(let other))): return .number(Double(one - other))
        case (.datetime(.time(let one)), .datetime(.time(let other))):
            return .datetime(.interval(PostgresInterval(microseconds: one - other)))
        case (.datetime(let value), .datetime(.interval(let interval))):
            guard let negated = interval.negated else { throw DatetimeError.outOfRange }
            return .datetime(try value.adding(negated))
        case (.datetime(let one), .datetime(let other)):
            guard let one = one.moment, let other = other.moment else { break }
            let (difference, overflow) = one.subtractingReportingOverflow(other)
            let (days, rest) = difference.quotientAndRemainder(dividingBy: CivilTime.microsecondsPerDay)
            guard !overflow, let days = Int32(exactly: days) else { throw DatetimeError.outOfRange }
            return .datetime(.interval(PostgresInterval(days: days, microseconds: rest)))
        default: break
        }
        throw DatetimeError.invalid("operator - does not exist for these values")
    }

    static func * (one: DatetimeOperand, other: DatetimeOperand) throws -> DatetimeOperand {
        switch (one, other) {
        case (.number(let one), .number(let other)): return .number(one * other)
        case (.datetime(.interval(let interval)), .number(let number)),
            (.number(let number), .datetime(.interval(let interval))):
            guard let product = interval.multiplied(by: number) else { throw DatetimeError.outOfRange }
            return .datetime(.interval(product))
        default: throw DatetimeError.invalid("operator * does not exist for these values")
        }
    }

    static func / (one: DatetimeOperand, other: DatetimeOperand) throws -> DatetimeOperand {
        guard case .number(let divisor) = other else {
            throw DatetimeError.invalid("operator / does not exist for these values")
        }
        guard divisor != 0 else { throw DatetimeError.divisionByZero }
        switch one {
        case .number(let number): return .number(number / divisor)
        case .datetime(.interval(let interval)):
            guard let quotient = interval.divided(by: divisor) else { throw DatetimeError.outOfRange }
            return .datetime(.interval(quotient))
        case .datetime: throw DatetimeError.invalid("operator / does not exist for these values")
        }
    }

    private static func whole(_ number: Double) throws -> Int64 {
        guard let days = Int64(exactly: number), days.magnitude < 1 << 40 else {
            throw DatetimeError.invalid("only whole days can be added to a date")
        }
        return days
    }
}

extension DatetimeValue {
    /// Months first, the day within the month there is; then days, then time.
    func adding(_ interval: PostgresInterval) throws -> DatetimeValue {
        switch self {
        case .interval(let own):
            guard let sum = own.adding(interval) else { throw DatetimeError.outOfRange }
            return .interval(sum)
        case .time(let time):
            let day = CivilTime.microsecondsPerDay
            let sum = (time + interval.microseconds % day) % day
            return .time(sum < 0 ? sum + day : sum)
        case .date, .timestamp:
            var fields = DatetimeFields(moment: moment ?? 0)
            let months = fields.year * 12 + fields.month - 1 + Int(interval.months)
            (fields.year, fields.month) = (Int((Double(months) / 12).rounded(.down)), (months % 12 + 12) % 12 + 1)
            guard (1...294_276).contains(fields.year) else { throw DatetimeError.outOfRange }
            fields.day = min(fields.day, CivilTime.daysInMonth(fields.month, of: fields.year))
            let days = fields.days + Int64(interval.days)
            guard CivilTime.isInRange(days: days) else { throw DatetimeError.outOfRange }
            let (sum, overflow) = (days * CivilTime.microsecondsPerDay + fields.time).addingReportingOverflow(
                interval.microseconds)
            guard !overflow else { throw DatetimeError.outOfRange }
            return .timestamp(sum)
        }
    }

    /// `age(one, other)`: the difference in years, months, days and time, as a calendar has it.
    static func age(_ one: Int64, _ other: Int64) -> PostgresInterval {
        guard one < other else { return age(later: one, earlier: other) }
        let backwards = age(later: other, earlier: one)
        return backwards.negated ?? backwards
    }

    private static func age(later: Int64, earlier: Int64) -> PostgresInterval {
        let (one, other) = (DatetimeFields(moment: later), DatetimeFields(moment: earlier))
        var months = (one.year - other.year) * 12 + one.month - other.month
        var days = one.day - other.day
        var time = one.time - other.time
        if time < 0 {
            time += CivilTime.microsecondsPerDay
            days -= 1
        }
        while days < 0 {
            days += CivilTime.daysInMonth(other.month, of: other.year)
            months -= 1
        }
        return PostgresInterval(
            months: Int32(clamping: months), days: Int32(clamping: days), microseconds: time)
    }
}
