/// A place in ASCII text that is read digit by digit.
struct TextCursor {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ text: UnsafeRawBufferPointer) { rest = text[...] }

    var atEnd: Bool { rest.isEmpty }

    /// Goes past `character` if it stands here.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// Reads as many digits as there are, which must be within `digits`.
    mutating func number(digits: ClosedRange<Int>) -> Int? {
        var value = 0
        var count = 0
        while count < digits.upperBound, let digit = nextDigit() {
            value = value * 10 + digit
            count += 1
        }
        return digits.contains(count) ? value : nil
    }

    /// Reads the digits behind a decimal point as microseconds, rounded at the seventh.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let digit = nextDigit() {
            if count < 6 { value = value * 10 + Int64(digit) }
            if count == 6, digit >= 5 { value += 1 }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    private mutating func nextDigit() -> Int? {
        guard let byte = rest.first, byte >= 0x30, byte <= 0x39 else { return nil }
        rest.removeFirst()
        return Int(byte - 0x30)
    }
}
