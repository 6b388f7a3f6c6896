#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A moment of the system's clock, as SQL has it: UTC, without a zone.
public struct WallClock: Sendable {
    private let time: timespec

    /// This moment.
    public static var now: WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(time: time)
    }

    /// The moment so long before.
    public static func - (moment: WallClock, duration: Duration) -> WallClock {
        var time = moment.time
        let (seconds, attoseconds) = duration.components
        time.tv_sec -= Int(seconds)
        time.tv_nsec -= Int(attoseconds / 1_000_000_000)
        if time.tv_nsec < 0 {
            time.tv_sec -= 1
            time.tv_nsec += 1_000_000_000
        }
        return WallClock(time: time)
    }

    /// `2026-11-21 12:34:56.123456`
    public var text: String { text(digits: 6) }

    /// With 0 to 6 digits of the second's fraction, cut off.
    public func text(digits: Int) -> String {
        var seconds = time.tv_sec
        var fields = tm()
        gmtime_r(&seconds, &fields)
        let numbers = [fields.tm_mon + 1, fields.tm_mday, fields.tm_hour, fields.tm_min, fields.tm_sec]
        let two = numbers.map { ($0 < 10 ? "0" : "") + String($0) }
        let date = "\(fields.tm_year + 1900)-\(two[0])-\(two[1]) \(two[2]):\(two[3]):\(two[4])"
        let kept = min(6, max(0, digits))
        guard kept > 0 else { return date }
        let nanoseconds = String(time.tv_nsec)
        let fraction = String(repeating: "0", count: 9 - nanoseconds.count) + nanoseconds
        return date + "." + fraction.prefix(kept)
    }
}
