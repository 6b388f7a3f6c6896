/// What the number of a setting counts, by the words of `pg_settings`.
enum SettingUnit: String {
    case milliseconds = "ms"
    case seconds = "s"
    case kilobytes = "kB"
    case bytes = "B"
    /// PostgreSQL's pages.
    case pages = "8kB"

    /// The units that a value may be written in, the largest first; the last is that of a bare number.
    private var steps: [(word: String, size: Int)] {
        switch self {
        case .milliseconds: [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)]
        case .seconds: [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
        case .kilobytes: [("TB", 1 << 30), ("GB", 1 << 20), ("MB", 1 << 10), ("kB", 1)]
        case .bytes: [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10), ("B", 1)]
        case .pages: [("8kB", 1)]
        }
    }

    /// The number as SHOW tells it: in the largest unit that it is whole in.
    func text(_ number: Int) -> String {
        guard number != 0, let step = steps.first(where: { number % $0.size == 0 }) else { return String(number) }
        return "\(number / step.size)\(step.word)"
    }

    /// The number that such a text is; nil where it is none.
    func number(_ text: String) -> Int? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let word = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int(digits) else { return nil }
        guard !word.isEmpty else { return number }
        guard let step = steps.first(where: { $0.word == word }) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: step.size)
        return overflow ? nil : product
    }
}
