import TandemReplication

/// A replica's attempts to reach its primary: which failure is worth a line in the log, and what the status says.
///
/// Dialling is repeated several times a second, in turns at all known addresses.
struct UpstreamWatch {
    /// A failure that lasts is said again after so long.
    static let interval = Duration.seconds(60)

    /// When a failure was said last, by address and reason.
    private var said: [String: Moment] = [:]
    /// The last failure at each address, since a primary was followed.
    private var reasons: [String: String] = [:]

    /// An attempt has failed.
    ///
    /// - Returns: whether it is worth a line.
    mutating func failed(_ address: String, _ reason: String, now: Moment) -> Bool {
        reasons[address] = reason
        let key = "\(address) \(reason)"
        if let last = said[key], now - last < Self.interval { return false }
        said[key] = now
        return true
    }

    /// A primary is followed.
    mutating func connected() { self = UpstreamWatch() }

    /// Why none is followed, address by address; nil if no attempt has failed.
    var description: String? {
        guard !reasons.isEmpty else { return nil }
        return reasons.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: "; ")
    }
}
