#if canImport(Glibc)
import Glibc
#endif

/// A moment of the continuous clock, which goes on while the machine sleeps.
///
/// `ContinuousClock.Instant` has no layout that the compiler knows: whatever holds one is copied, compared and destroyed
/// by way of its metadata, which was most of what a pool's connection cost to take and give back. So moments inside of the
/// layer are these; at its borders they are instants.
struct Moment: Sendable, Hashable, Comparable {
    /// Since ``origin``.
    private let offset: Duration

    private init(offset: Duration) { self.offset = offset }

    init(_ instant: ContinuousClock.Instant) { offset = Self.origin.duration(to: instant) }

    #if canImport(Glibc)
    // The system's own clock behind ContinuousClock, read without its instants: each connection that is taken and given
    // back is told the time twice.

    static var now: Moment { Moment(offset: sinceBoot) }

    /// When the machine was started, or a little later: as much as lies between two looks at the clock. Alarms that are set
    /// by instants must not be early.
    private static let origin: ContinuousClock.Instant = {
        let reading = sinceBoot
        return ContinuousClock.now.advanced(by: .zero - reading)
    }()

    private static var sinceBoot: Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .nanoseconds(Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
    #else
    static var now: Moment { Moment(.now) }

    /// When the layer was used first in this process.
    private static let origin = ContinuousClock.now
    #endif

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
