extension PostgresInterval {
    /// Reads what PostgreSQL reads as an interval (its manual, 8.5.4): `1 year 2 mons 3 days 04:05:06`, `1-2`, `P1DT2H`,
    /// `90 minutes ago`; nil for anything else, and for what is out of range.
    ///
    /// - Parameter unit: that of a number behind which there is none.
    public init?(text: some StringProtocol, unit: String = "second") {
        var parts = IntervalParts()
        let text = text.lowercased()
        if let start = text.first(where: { !$0.isWhitespace }), start == "p" {
            guard parts.readDesignators(text.drop { $0.isWhitespace }.dropFirst()) else { return nil }
        } else {
            guard parts.read(text, unit: unit) else { return nil }
        }
        guard let interval = parts.interval else { return nil }
        self = interval
    }
}

/// What has been read of an interval so far.
private struct IntervalParts {
    private var months = 0.0
    private var days = 0.0
    private var microseconds = 0.0
    private var isEmpty = true

    var interval: PostgresInterval? {
        guard !isEmpty, let months = Int32(exactly: months), let days = Int32(exactly: days),
            let microseconds = Int64(exactly: microseconds.rounded(.toNearestOrEven))
        else { return nil }
        return PostgresInterval(months: months, days: days, microseconds: microseconds)
    }

    /// Numbers with units behind them, times of day, `ago`.
    mutating func read(_ text: String, unit: String) -> Bool {
        var words = Self.words(text)
        let isAgo = words.last == "ago"
        if isAgo { words.removeLast() }
        if words.first == "@" { words.removeFirst() }
        var place = 0
        while place < words.count {
            let word = words[place]
            place += 1
            if word.contains(":") {
                guard readTime(word) else { return false }
            } else if let (years, months) = Self.yearsAndMonths(word) {
                add(years, "year")
                add(months, "month")
            } else if let number = Double(word), number.isFinite, !word.contains("e") {
                if place < words.count, Self.isUnit(words[place]) {
                    guard add(number, words[place]) else { return false }
                    place += 1
                } else {
                    // A number before a time of day is one of days.
                    let isDays = place < words.count && words[place].contains(":")
                    guard isDays || place == words.count else { return false }
                    guard add(number, isDays ? "day" : unit) else { return false }
                }
            } else {
                return false
            }
        }
        if isAgo { (months, days, microseconds) = (-months, -days, -microseconds) }
        return true
    }

    /// `1Y2M3DT4H5M6.7S`, behind the P; weeks, too.
    mutating func readDesignators(_ text: Substring) -> Bool {
        var rest = text
        var isTime = false
        while let first = rest.first {
            if first == "t" {
                isTime = true
                rest.removeFirst()
                continue
            }
            let digits = rest.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" }
            guard let number = Double(digits), number.isFinite, let designator = rest.dropFirst(digits.count).first
            else {
                return false
            }
            let units: [Character: String] =
                isTime
                ? ["h": "hour", "m": "minute", "s": "second"] : ["y": "year", "m": "month", "w": "week", "d": "day"]
            guard let unit = units[designator], add(number, unit) else { return false }
            rest = rest.dropFirst(digits.count + 1)
        }
        return true
    }

    /// The words; a unit may stand directly behind its number.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        for word in text.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
            let digits = word.prefix { $0.isNumber || ".:+-".contains($0) }
            if !digits.isEmpty { words.append(String(digits)) }
            if digits.count < word.count { words.append(String(word.dropFirst(digits.count))) }
        }
        // A sign may stand before its number.
        var joined: [String] = []
        for word in words {
            if let last = joined.last, last == "-" || last == "+" {
                joined[joined.count - 1] += word
            } else {
                joined.append(word)
            }
        }
        return joined
    }

    /// `1-2`
    private static func yearsAndMonths(_ word: String) -> (Double, Double)? {
        let isNegative = word.first == "-"
        let halves = (isNegative || word.first == "+" ? word.dropFirst() : word[...]).split(
            separator: "-", omittingEmptySubsequences: false)
        guard halves.count == 2, let years = UInt32(halves[0]), let months = UInt32(halves[1]), months < 12 else {
            return nil
        }
        return isNegative ? (-Double(years), -Double(months)) : (Double(years), Double(months))
    }

    /// `[-]HH:MM[:SS[.f]]`
    private mutating func readTime(_ word: String) -> Bool {
        let isNegative = word.first == "-"
        let parts = (isNegative || word.first == "+" ? word.dropFirst() : word[...]).split(
            separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hours = UInt32(parts[0]), let minutes = UInt8(parts[1]), minutes < 60
        else {
            return false
        }
        let seconds = parts.count == 3 ? Double(parts[2]) : 0
        guard let seconds, (0..<60).contains(seconds) else { return false }
        let sign: Double = isNegative ? -1 : 1
        add(sign * (Double(hours) * 3600 + Double(minutes) * 60), "second")
        add(sign * seconds, "second")
        return true
    }

    private static let units: [String: (months: Double, days: Double, microseconds: Double)] = {
        var units: [String: (months: Double, days: Double, microseconds: Double)] = [:]
        func add(_ unit: (months: Double, days: Double, microseconds: Double), _ names: String) {
            for name in names.split(separator: " ") { units[String(name)] = unit }
        }
        add((0, 0, 1), "microsecond microseconds us usec usecs usecond useconds microsecon")
        add((0, 0, 1e3), "millisecond milliseconds ms msec msecs msecond mseconds")
        add((0, 0, 1e6), "second seconds sec secs s")
        add((0, 0, 60e6), "minute minutes min mins m")
        add((0, 0, 3600e6), "hour hours hr hrs h")
        add((0, 1, 0), "day days d")
        add((0, 7, 0), "week weeks w")
        add((1, 0, 0), "month months mon mons")
        add((12, 0, 0), "year years yr yrs y")
        add((120, 0, 0), "decade decades dec decs")
        add((1_200, 0, 0), "century centuries c cent")
        add((12_000, 0, 0), "millennium millennia mil mils")
        return units
    }()

    private static func isUnit(_ word: String) -> Bool { units[word] != nil }

    /// Whole years and months stay; what is left of a month becomes days, of a day time, as PostgreSQL has it.
    @discardableResult
    private mutating func add(_ number: Double, _ name: String) -> Bool {
        guard let unit = Self.units[name] else { return false }
        isEmpty = false
        if unit.months == 1 {
            months += number.rounded(.towardZero)
            addDays((number - number.rounded(.towardZero)) * 30)
        } else if unit.months > 1 {
            months += (number * unit.months).rounded(.toNearestOrEven)
        } else if unit.days > 0 {
            addDays(number * unit.days)
        } else {
            microseconds += number * unit.microseconds
        }
        return true
    }

    private mutating func addDays(_ number: Double) {
        let whole = number.rounded(.towardZero)
        days += whole
        microseconds += ((number - whole) * 86_400e6).rounded(.toNearestOrEven)
    }
}
