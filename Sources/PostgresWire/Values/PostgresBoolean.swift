/// The spellings of a boolean that PostgreSQL takes.
public enum PostgresBoolean {
    /// Reads `true`, `yes`, `on`, `1` and `false`, `no`, `off`, `0`, in any case, shortened as long as they are
    /// unique; nil for anything else.
    public static func parse(_ text: some Sequence<UInt8>) -> Bool? {
        var word: [UInt8] = []
        for byte in text {
            guard word.count < 5 else { return nil }
            word.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
        }
        guard let first = word.first else { return nil }
        func shortens(_ full: StaticString, from least: Int = 1) -> Bool {
            guard word.count >= least, word.count <= full.utf8CodeUnitCount else { return false }
            return full.withUTF8Buffer { $0.starts(with: word) }
        }
        switch first {
        case UInt8(ascii: "t"): return shortens("true") ? true : nil
        case UInt8(ascii: "f"): return shortens("false") ? false : nil
        case UInt8(ascii: "y"): return shortens("yes") ? true : nil
        case UInt8(ascii: "n"): return shortens("no") ? false : nil
        case UInt8(ascii: "o"):
            if shortens("on", from: 2) { return true }
            return shortens("off", from: 2) ? false : nil
        case UInt8(ascii: "1"): return word.count == 1 ? true : nil
        case UInt8(ascii: "0"): return word.count == 1 ? false : nil
        default: return nil
        }
    }
}
