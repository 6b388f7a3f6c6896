import NIOCore

extension ByteBuffer {
    /// Writes `YYYY-MM-DD` for a number of days since 2000-01-01. The year must not be below 1.
    mutating func writeDate(days: Int64) {
        let date = CivilTime.date(days: days)
        writeDecimal(date.year, width: 4)
        writeInteger(UInt8(ascii: "-"))
        writeDecimal(date.month, width: 2)
        writeInteger(UInt8(ascii: "-"))
        writeDecimal(date.day, width: 2)
    }

    /// Writes `HH:MM:SS[.ffffff]` for microseconds since midnight; zeros at the fraction's end are left out.
    mutating func writeTimeOfDay(microseconds: Int64) {
        let seconds = Int(microseconds / CivilTime.microsecondsPerSecond)
        writeDecimal(seconds / 3600, width: 2)
        writeInteger(UInt8(ascii: ":"))
        writeDecimal(seconds / 60 % 60, width: 2)
        writeInteger(UInt8(ascii: ":"))
        writeDecimal(seconds % 60, width: 2)
        var fraction = Int(microseconds % CivilTime.microsecondsPerSecond)
        guard fraction > 0 else { return }
        writeInteger(UInt8(ascii: "."))
        var width = 6
        while fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        writeDecimal(fraction, width: width)
    }

    /// Writes `YYYY-MM-DD HH:MM:SS[.ffffff]` for microseconds since 2000-01-01.
    mutating func writeTimestamp(microseconds: Int64) {
        var days = microseconds / CivilTime.microsecondsPerDay
        var rest = microseconds % CivilTime.microsecondsPerDay
        if rest < 0 {
            days -= 1
            rest += CivilTime.microsecondsPerDay
        }
        writeDate(days: days)
        writeInteger(UInt8(ascii: " "))
        writeTimeOfDay(microseconds: rest)
    }

    /// Writes a number that is not negative, with zeros in front up to `width`.
    private mutating func writeDecimal(_ value: Int, width: Int) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            writeInteger(0x30 + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
