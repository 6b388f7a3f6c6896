import NIOCore

extension CivilTime {
    /// Whether a day lies in the years 1 to 294276.
    package static func isInRange(days: Int64) -> Bool { PostgresEpoch.days.contains(days) }

    /// `YYYY-MM-DD`
    package static func dateText(days: Int64) -> String { text { $0.writeDate(days: days) } }

    /// `HH:MM:SS[.ffffff]`
    package static func timeText(microseconds: Int64) -> String {
        text { $0.writeTimeOfDay(microseconds: microseconds) }
    }

    /// `YYYY-MM-DD HH:MM:SS[.ffffff]`
    package static func timestampText(_ microseconds: Int64) -> String {
        text { $0.writeTimestamp(microseconds: microseconds) }
    }

    private static func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        write(&buffer)
        return String(buffer: buffer)
    }
}
