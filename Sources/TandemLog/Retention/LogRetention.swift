/// How much of its log a node keeps (docs/REPLICATION.md, rule 33): decides which segments can go, oldest first.
///
/// What is above ``Needs/durable``, or needed by a snapshot that is being sent, is never pruned.
public struct LogRetention: Hashable, Sendable {
    /// The log is kept at least so large, in bytes, whoever needs it: for replicas that come back, and to be read.
    public var keepSize: UInt64
    /// Records younger than this are kept, too; nil for no such wish.
    public var keepAge: Duration?
    /// Where the log is larger than this, in bytes, the oldest segments go, although a member lacks their records, they
    /// are not archived, or young: a replica that never returns, or an archive that takes nothing, must not fill the disk.
    public var limit: UInt64

    public init(keepSize: UInt64 = 1 << 30, keepAge: Duration? = nil, limit: UInt64 = 10 << 30) {
        self.keepSize = keepSize
        self.keepAge = keepAge
        self.limit = limit
    }

    /// One segment of a log.
    public struct Segment: Hashable, Sendable {
        public var firstIndex: LogIndex
        /// The last record; below `firstIndex` for one without records.
        public var lastIndex: LogIndex
        /// What the file takes.
        public var byteCount: UInt64
        /// When the last record was committed, in microseconds since 1970.
        public var lastTime: UInt64

        public init(firstIndex: LogIndex, lastIndex: LogIndex, byteCount: UInt64, lastTime: UInt64) {
            self.firstIndex = firstIndex
            self.lastIndex = lastIndex
            self.byteCount = byteCount
            self.lastTime = lastTime
        }
    }

    /// Who still needs records.
    public struct Needs: Hashable, Sendable {
        /// Applied as of the last synced checkpoint: after a power cut the database needs everything above (H6).
        public var durable: LogIndex
        /// A snapshot that is being sent is gone on with from this record on; nil if none is.
        public var snapshot: LogIndex?
        /// The slowest member lacks records from this one on; nil if nobody is known to.
        public var member: LogIndex?
        /// Records from this one on are not archived yet; nil if nothing is archived here.
        public var archive: LogIndex?
        /// An operator wants records to go, and none from this one on; nil if nobody has said so.
        public var end: LogIndex?

        public init(
            durable: LogIndex, snapshot: LogIndex? = nil, member: LogIndex? = nil, archive: LogIndex? = nil,
            end: LogIndex? = nil
        ) {
            self.end = end
            self.durable = durable
            self.snapshot = snapshot
            self.member = member
            self.archive = archive
        }
    }

    /// What keeps the oldest segment that stays.
    public enum Holder: Hashable, Sendable {
        /// It is the one that is written.
        case active
        case database, snapshot, archive, member, size, age
        /// An operator wanted no more to go.
        case request
    }

    public struct Decision: Hashable, Sendable {
        /// All segments whose records are all below this index go.
        public var below: LogIndex
        public var holder: Holder
        /// Whether records go that a member still needs.
        public var leavesMemberBehind: Bool
        /// Whether records go that are not archived: the archive has a gap then.
        public var leavesArchiveBehind = false
    }

    /// - Parameters:
    ///   - segments: all there are, in their order.
    ///   - now: microseconds since 1970.
    public func decide(_ segments: [Segment], _ needs: Needs, now: UInt64) -> Decision {
        var decision = Decision(below: segments.first?.firstIndex ?? 1, holder: .active, leavesMemberBehind: false)
        var remaining = segments.reduce(0) { $0 + $1.byteCount }
        for segment in segments.dropLast() {
            if let holder = holder(of: segment, remaining: remaining, needs, now: now) {
                decision.holder = holder
                return decision
            }
            remaining -= segment.byteCount
            decision.below = segment.lastIndex.next
            if let member = needs.member, segment.lastIndex >= member { decision.leavesMemberBehind = true }
            if let archive = needs.archive, segment.lastIndex >= archive { decision.leavesArchiveBehind = true }
        }
        return decision
    }

    /// Why a segment stays; nil if it can go.
    private func holder(of segment: Segment, remaining: UInt64, _ needs: Needs, now: UInt64) -> Holder? {
        if segment.lastIndex > needs.durable { return .database }
        if let snapshot = needs.snapshot, segment.lastIndex >= snapshot { return .snapshot }
        if let end = needs.end, segment.lastIndex >= end { return .request }
        if remaining > limit { return nil }
        if let archive = needs.archive, segment.lastIndex >= archive { return .archive }
        if let member = needs.member, segment.lastIndex >= member { return .member }
        if remaining - segment.byteCount < keepSize { return .size }
        if let keepAge, now < segment.lastTime &+ keepAge.wholeMicroseconds { return .age }
        return nil
    }
}

extension Duration {
    /// Clamped to what 63 bits hold, and to zero.
    fileprivate var wholeMicroseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, seconds < 1 << 40 else { return seconds < 0 ? 0 : 1 << 62 }
        return UInt64(seconds) * 1_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000_000)
    }
}
