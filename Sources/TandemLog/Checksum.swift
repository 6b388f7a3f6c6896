import CTandemLog

/// CRC-32C (Castagnoli), as RFC 3720 appendix B.4 has it.
public enum Checksum {
    /// The checksum of `bytes`, continuing from `checksum` (0 to begin).
    public static func crc32c(_ bytes: UnsafeRawBufferPointer, continuing checksum: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress else { return checksum }
        return ctandemlog_crc32c(checksum, base, bytes.count)
    }

    /// The checksum of a record: over the one of the record before it, its length, and its body.
    ///
    /// The chain makes a record valid only behind the very record it was written behind (docs/REPLICATION.md, H13).
    static func record(previous: UInt32, body: UnsafeRawBufferPointer) -> UInt32 {
        var prefix = (UInt64(previous) | UInt64(UInt32(truncatingIfNeeded: body.count)) << 32).littleEndian
        let begun = withUnsafeBytes(of: &prefix) { crc32c($0) }
        return crc32c(body, continuing: begun)
    }
}
