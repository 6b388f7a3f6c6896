import TandemLog
import TandemReplication

/// Decides what a node does about its group's lease, from what it is and what the store says. No I/O, no clock.
///
/// Who reigns keeps the lease; who could reign but for the lease takes it where it is free. Where nobody has it, the
/// replicas write down how far they are, and the one that is farthest takes it and stands for promotion: with durable promises
/// of the members, as by an operator's hand. A primary whose commits wait, while replicas say that they hear from nobody, lets
/// go of it. The lease decides *when* a promotion is tried; that it loses nothing is the
/// protocol's business, whatever clocks and stores do.
struct FailoverPlan {
    enum Step: Equatable {
        case wait
        /// The lead is this node's, and goes on.
        case hold
        /// Take the lead that nobody has, or that this node's process before it had.
        case take(after: FailoverSession?)
        /// Take the lead, and stand for promotion.
        case stand
        /// Write down how far this node is.
        case announce
        /// Take that back: this node follows a primary.
        case withdraw
        /// Give the lead back.
        case giveBack
        /// Somebody else has the lead.
        case lose
        /// The lead is another group's.
        case refuse(FailoverEntry)
    }

    let options: FailoverOptions
    /// Since when nobody has been seen to have the lead.
    private var freeSince: Moment?
    /// Since when this node stands for promotion by its own doing.
    private var standingSince: Moment?
    /// Others may try until then.
    private var standsNotBefore: Moment?

    /// A node that was told to stand does so within that time.
    private static let reaction = Duration.seconds(1)

    init(options: FailoverOptions) { self.options = options }

    mutating func next(
        _ situation: FailoverSituation, _ view: FailoverView, _ session: FailoverSession, now: Moment
    ) -> Step {
        guard let lead = view.lead else { return nobodyLeads(situation, view, now: now) }
        freeSince = nil
        if let group = situation.group, lead.entry.group != group.description { return .refuse(lead.entry) }
        if lead.session == session { return leads(situation, view, now: now) }
        // The data directory is locked: the process that began that session has ended.
        if lead.entry.node == situation.node.description, situation.needsLease { return .take(after: lead.session) }
        if situation.needsLease { return .lose }
        let isAnnounced = view.candidates.contains { $0.node == situation.node.description }
        if situation.mayStand, !situation.follows { return .announce }
        return isAnnounced ? .withdraw : .wait
    }

    private mutating func leads(_ situation: FailoverSituation, _ view: FailoverView, now: Moment) -> Step {
        if situation.role == .primary {
            standingSince = nil
            let lonely = view.candidates.contains {
                $0.node != situation.node.description && $0.group == situation.entry?.group
            }
            guard lonely, situation.waiting > options.lease else { return .hold }
            standsNotBefore = now + options.lease * 2
            return .giveBack
        }
        if situation.needsLease { return .hold }
        if let since = standingSince {
            if situation.role == .candidate || now - since < Self.reaction { return .hold }
            // It did not become primary: too few members can be reached, or somebody is ahead.
            standingSince = nil
            standsNotBefore = now + options.backoff
        }
        return .giveBack
    }

    private mutating func nobodyLeads(_ situation: FailoverSituation, _ view: FailoverView, now: Moment) -> Step {
        let since = freeSince ?? now
        freeSince = since
        standingSince = nil
        if situation.needsLease { return .take(after: nil) }
        guard situation.mayStand, let own = situation.entry, standsNotBefore.map({ now >= $0 }) ?? true else {
            return .wait
        }
        guard now - since >= options.settlingTime, view.candidates.contains(where: { $0.node == own.node }) else {
            return .announce
        }
        let others = view.candidates.filter { $0.group == own.group && $0.node != own.node }
        guard others.allSatisfy({ Self.isAhead(own, of: $0) }) else { return .announce }
        standingSince = now
        return .stand
    }

    /// Whether `one` goes first: who has more does, and of two that have the same the one with the lower identity.
    private static func isAhead(_ one: FailoverEntry, of other: FailoverEntry) -> Bool {
        let first = one.position.flatMap { Position($0) }
        let second = other.position.flatMap { Position($0) }
        switch (first, second) {
        case (let first?, let second?): return first != second ? first > second : one.node < other.node
        case (nil, _?): return false
        case (_?, nil): return true
        case (nil, nil): return one.node < other.node
        }
    }
}
