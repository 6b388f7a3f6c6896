import TandemReplication

/// Members whose answers to START and PROMISE this node cannot read: which one is worth a line in the log, and what the
/// status says. Such a member runs another version, and without its promise a start or a promotion may wait for ever.
struct AnswerWatch {
    /// Said again after so long, and a problem no more where nobody has been asked for so long.
    static let interval = Duration.seconds(60)

    private struct Failure {
        var reason: String
        var said: Moment
        var last: Moment
    }

    private var failures: [String: Failure] = [:]

    /// The member at `address` has answered.
    ///
    /// - Parameter unreadable: why the answer cannot be read; nil if it can.
    /// - Returns: whether that is worth a line.
    mutating func answered(_ address: String, _ unreadable: String?, now: Moment) -> Bool {
        guard let reason = unreadable else {
            failures[address] = nil
            return false
        }
        let known = failures[address]
        let isNews = known.map { $0.reason != reason || now - $0.said >= Self.interval } ?? true
        failures[address] = Failure(reason: reason, said: isNews ? now : known?.said ?? now, last: now)
        return isNews
    }

    /// What is wrong, and what to do about it; nil if nothing is.
    func problem(now: Moment) -> String? {
        let recent = failures.filter { now - $0.value.last < Self.interval }.sorted { $0.key < $1.key }
        guard !recent.isEmpty else { return nil }
        let members = recent.map { "\($0.key) (\($0.value.reason))" }.joined(separator: ", ")
        return
            "this node cannot read what these members answer when it asks for their promises, and they do not count: \(members). This node speaks version \(ReplicationCommand.promiseVersion) of these messages: run the same version of tandem on all nodes"
    }
}
