#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A moment of the system's clock, as SQL has it: UTC, without a zone.
public struct WallClock: Sendable {
    private let time: timespec

    /// - Parameter seconds: since 1970.
    public init(seconds: Int, nanoseconds: Int = 0) {
        self.init(time: timespec(tv_sec: seconds, tv_nsec: nanoseconds))
    }

    private init(time: timespec) { self.time = time }

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
        String(unsafeUninitializedCapacity: Self.longestText) { write(digits: digits, to: $0) }
    }

    /// How many bytes a text needs at most: the year of the last moment that there is has 12 digits.
    static let longestText = 40

    /// Writes the text, in ASCII, into a buffer of ``longestText`` bytes: byte by byte, because many statements ask what time
    /// it is.
    ///
    /// - Returns: its length.
    func write(digits: Int, to buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var seconds = time.tv_sec
        var fields = tm()
        gmtime_r(&seconds, &fields)
        var count = 0
        func put(_ number: Int, width: Int, behind separator: UInt8? = nil) {
            if let separator {
                buffer[count] = separator
                count += 1
            }
            var rest = number
            for place in (count..<count + width).reversed() {
                buffer[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            count += width
        }
        let year = max(0, Int(fields.tm_year) + 1900)
        put(year, width: year < 10_000 ? 4 : String(year).utf8.count)
        put(Int(fields.tm_mon) + 1, width: 2, behind: UInt8(ascii: "-"))
        put(Int(fields.tm_mday), width: 2, behind: UInt8(ascii: "-"))
        put(Int(fields.tm_hour), width: 2, behind: UInt8(ascii: " "))
        put(Int(fields.tm_min), width: 2, behind: UInt8(ascii: ":"))
        put(Int(fields.tm_sec), width: 2, behind: UInt8(ascii: ":"))
        let kept = min(6, max(0, digits))
        guard kept > 0 else { return count }
        put(time.tv_nsec / 1_000, width: 6, behind: UInt8(ascii: "."))
        return count - (6 - kept)
    }
}
