import TandemTransactions

/// The order of the positions that are reached over this protocol.
enum PositionOrder {
    /// Whether what stands at `reached` shows all up to `wanted`; nil where the two cannot be compared.
    static func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        guard wanted.engine == reached.engine, let first = number(wanted), let second = number(reached) else {
            return nil
        }
        guard wanted.engine == .tandem else { return second >= first }
        // Where data was given up an index has two records. A commit stands behind the first record of its epoch.
        guard let wantedEpoch = epoch(wanted), let reachedEpoch = epoch(reached) else { return nil }
        return second >= first && reachedEpoch >= wantedEpoch
    }

    /// The epoch's counter: `3@0b9c…:1042`.
    private static func epoch(_ position: CommitPosition) -> UInt32? {
        position.text.firstIndex(of: "@").flatMap { UInt32(position.text[..<$0]) }
    }

    private static func number(_ position: CommitPosition) -> UInt64? {
        switch position.engine {
        case .postgresql: logSequenceNumber(position.text)
        case .tandem: position.text.lastIndex(of: ":").flatMap { UInt64(position.text[$0...].dropFirst()) }
        default: nil
        }
    }

    /// `16/B374D848`: the upper and the lower half.
    private static func logSequenceNumber(_ text: String) -> UInt64? {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let upper = UInt32(halves[0], radix: 16), let lower = UInt32(halves[1], radix: 16)
        else { return nil }
        return UInt64(upper) << 32 | UInt64(lower)
    }
}
