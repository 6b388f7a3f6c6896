/// A place in the log as PostgreSQL writes it (`pg_lsn`): two hexadecimal numbers of 32 bits. On a node it is the index of
/// a transaction in the log, so that a difference of two counts transactions.
package struct LogSequenceNumber: CustomStringConvertible {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package init?(_ text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        // Without a sign, which UInt32 takes.
        guard halves.count == 2, halves.allSatisfy({ (1...8).contains($0.count) && $0.allSatisfy(\.isHexDigit) }),
            let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16)
        else { return nil }
        value = UInt64(high) << 32 | UInt64(low)
    }

    /// The second half has all of its eight digits, as later releases of PostgreSQL write it: the texts of two positions,
    /// which is what SQLite compares, are in the positions' order (up to 2^36).
    package var description: String {
        let low = String(value & 0xFFFF_FFFF, radix: 16, uppercase: true)
        return String(value >> 32, radix: 16, uppercase: true) + "/" + String(repeating: "0", count: 8 - low.utf8.count)
            + low
    }
}
