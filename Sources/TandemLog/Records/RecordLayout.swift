/// Where a record's fields lie (docs/LOG-FORMAT.md, "Records").
@usableFromInline enum RecordLayout {
    /// Length and checksum.
    @usableFromInline static let prefixSize = 8
    @usableFromInline static let kind = 8
    @usableFromInline static let index = 9
    @usableFromInline static let epochCounter = 15
    @usableFromInline static let time = 19
    @usableFromInline static let payload = 26
    /// Kind, index, epoch counter and time: what a body has at least.
    @usableFromInline static let bodyHeaderSize = 18
    /// The bit of the kind that says: here a segment begins.
    @usableFromInline static let beginsSegment: UInt8 = 0x80
    /// Commit times have 56 bits.
    @usableFromInline static let maximumTime: UInt64 = 1 << 56 - 1

    /// The longest body a reader believes in: what 32 bits with a sign can say.
    static let maximumBodySize = Int(Int32.max)
}
