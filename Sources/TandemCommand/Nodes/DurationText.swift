/// Durations as people write them: `500ms`, `10s`, `2min`, `1h`; a bare number means seconds.
enum DurationText {
    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let number = Double(digits), number.isFinite, number >= 0, number < 1e9 else { return nil }
        let seconds: Double? =
            switch text.dropFirst(digits.count) {
            case "us": number / 1_000_000
            case "ms": number / 1_000
            case "", "s": number
            case "min", "m": number * 60
            case "h": number * 3_600
            default: nil
            }
        return seconds.map { .nanoseconds(Int64(($0 * 1_000_000_000).rounded())) }
    }
}
