/// Moments as people read and write them: UTC, to the microsecond, counted from 1970-01-01 00:00.
public enum MomentText {
    /// `2021-05-06 22:42:33.123456`, or with another separator and with what follows.
    public static func text(_ microseconds: UInt64, separator: String = " ", zone: String = "") -> String {
        let moment = Int64(clamping: microseconds) - CivilTime.microsecondsFrom1970To2000
        let days = CivilTime.wholeDays(moment)
        let date = CivilTime.date(days: days)
        let rest = Int(moment - days * CivilTime.microsecondsPerDay)
        let seconds = rest / Int(CivilTime.microsecondsPerSecond)
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        let day = [padded(date.year, 4), padded(date.month, 2), padded(date.day, 2)].joined(separator: "-")
        return day + separator + clock + "." + padded(rest % Int(CivilTime.microsecondsPerSecond), 6) + zone
    }

    /// What `YYYY-MM-DD[( |T)HH:MM[:SS[.f…]]][zone]` means, with zone `Z`, ` UTC` or `±HH[:MM]`, UTC without one; nil for
    /// any other text, and before 1970.
    public static func microseconds(_ text: String) -> UInt64? {
        let trimmed = text.hasSuffix(" UTC") ? String(text.dropLast(4)) : text
        let moment = Array(trimmed.utf8).withUnsafeBytes { CivilTime.parseMoment($0) }
        return moment.flatMap { UInt64(exactly: Int128($0.utc) + Int128(CivilTime.microsecondsFrom1970To2000)) }
    }

    private static func padded(_ number: Int, _ count: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
