import TandemLog

// The log is pruned.
extension ReplicationDriver {
    /// What was found, and done.
    public struct RetentionReport: Sendable {
        public var segments: [LogRetention.Segment]
        public var decision: LogRetention.Decision
        public var needs: LogRetention.Needs
        public var slowest: ReplicationMachine.SlowestMember?
        /// How many segments were removed, and how many bytes they took.
        public var removed = 0
        public var removedBytes: UInt64 = 0

        public var byteCount: UInt64 { segments.reduce(0) { $0 + $1.byteCount } - removedBytes }
    }

    /// Removes what need not be kept (rule 33).
    ///
    /// - Parameters:
    ///   - snapshot: a snapshot that is being sent needs the records from here on.
    ///   - archive: the records from here on are not archived yet; nil if nothing is archived here.
    ///   - end: an operator wants records to go, and none from here on; nil for what the rules say alone.
    /// - Returns: nil as long as there is no log.
    /// - Throws: ``LogError`` if a segment cannot be removed; nothing depends on it.
    public func prune(
        _ retention: LogRetention, snapshot: LogIndex?, archive: LogIndex? = nil, end: LogIndex? = nil
    ) throws(LogError) -> RetentionReport? {
        guard let log, log.failure == nil else { return nil }
        let slowest = machine.slowestMember
        let needs = LogRetention.Needs(
            durable: database.durableApplied, snapshot: snapshot, member: slowest?.needs, archive: archive,
            end: end)
        let segments = try log.segments(withTimes: retention.keepAge != nil)
        let decision = retention.decide(segments, needs, now: Self.wallClock)
        if decision.holder == .database { database.requestCheckpoint() }
        var report = RetentionReport(segments: segments, decision: decision, needs: needs, slowest: slowest)
        guard decision.below > log.firstIndex else { return report }
        defer { machine.pruned(to: log.firstIndex) }
        report.removed = try log.prune(below: decision.below)
        report.removedBytes = segments.prefix(report.removed).reduce(0) { $0 + $1.byteCount }
        return report
    }
}
