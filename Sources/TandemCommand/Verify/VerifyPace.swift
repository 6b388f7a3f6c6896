/// How many rows are compared at a time, and how long the pause behind them is.
struct VerifyPace: Sendable {
    /// Bytes of rows a second; nil for no limit.
    let rate: UInt64?
    /// How many rows are to be compared next.
    private(set) var rows = 256

    /// So many bytes at a time at most, about: a node's session is not idle for long meanwhile.
    private static let largest: UInt64 = 4 << 20
    private static let mostRows = 20_000
    private static let longest = Duration.milliseconds(500)

    init(rate: UInt64?) { self.rate = rate }

    /// Rows were compared.
    ///
    /// - Returns: how long to pause.
    mutating func compared(rows count: Int, bytes: UInt64, in time: Duration) -> Duration {
        let wanted = max(1, min(rate.map { $0 / 4 } ?? Self.largest, Self.largest))
        let perRow = count > 0 ? max(1, bytes / UInt64(count)) : 1
        let fitting = time > Self.longest ? rows / 2 : Int(min(wanted / perRow, UInt64(Self.mostRows)))
        rows = max(1, min(fitting, rows * 4))
        guard let rate, rate > 0 else { return .zero }
        return max(.zero, .seconds(Double(bytes) / Double(rate)) - time)
    }
}
