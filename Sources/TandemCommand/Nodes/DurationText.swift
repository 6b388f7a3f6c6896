/// Durations as people write them: `500ms`, `10s`, `2min`, `1h`; a bare number means seconds. Below 10^9 seconds, which are
/// 31 years: clocks that count nanoseconds have room for the moment when such a time is over.
enum DurationText {
    private static let bound = 1e9

    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let number = Double(digits), number.isFinite, number >= 0 else { return nil }
        let seconds: Double? =
            switch text.dropFirst(digits.count) {
            case "us": number / 1_000_000
            case "ms": number / 1_000
            case "", "s": number
            case "min", "m": number * 60
            case "h": number * 3_600
            default: nil
            }
        guard let seconds, seconds < bound else { return nil }
        return .nanoseconds(Int64((seconds * 1_000_000_000).rounded()))
    }

    /// The same, where none at all makes no sense.
    static func positive(_ text: String) -> Duration? { parse(text).flatMap { $0 == .zero ? nil : $0 } }
}
