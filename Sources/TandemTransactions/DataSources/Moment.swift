/// A moment of the continuous clock, which goes on while the machine sleeps.
///
/// `ContinuousClock.Instant` has no layout that the compiler knows: whatever holds one is copied, compared and destroyed
/// by way of its metadata, which was most of what a pool's connection cost to take and give back. So moments inside of the
/// layer are these; at its borders they are instants.
struct Moment: Sendable, Hashable, Comparable {
    /// Since the layer was used first in this process.
    private let offset: Duration

    private static let origin = ContinuousClock.now

    private init(offset: Duration) { self.offset = offset }

    init(_ instant: ContinuousClock.Instant) { offset = Self.origin.duration(to: instant) }

    static var now: Moment { Moment(.now) }

    func duration(to other: Moment) -> Duration { other.offset - offset }

    static func < (first: Moment, second: Moment) -> Bool { first.offset < second.offset }

    static func + (moment: Moment, duration: Duration) -> Moment { Moment(offset: moment.offset + duration) }

    static func += (moment: inout Moment, duration: Duration) { moment = moment + duration }

    static func - (later: Moment, earlier: Moment) -> Duration { later.offset - earlier.offset }

    fileprivate var instant: ContinuousClock.Instant { Self.origin.advanced(by: offset) }
}

extension ContinuousClock.Instant {
    init(_ moment: Moment) { self = moment.instant }
}
