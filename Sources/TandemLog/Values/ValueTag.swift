/// The byte that begins a value (docs/LOG-FORMAT.md, "Values").
@usableFromInline enum ValueTag {
    @usableFromInline static let null: UInt8 = 0
    @usableFromInline static let zero: UInt8 = 1
    @usableFromInline static let one: UInt8 = 2
    /// An integer of n bytes has the tag `integer + n`, n from 1 to 8.
    @usableFromInline static let integer: UInt8 = 2
    @usableFromInline static let real: UInt8 = 11
    @usableFromInline static let text: UInt8 = 12
    @usableFromInline static let blob: UInt8 = 13
    /// Text of n bytes has the tag `shortText + n`, n from 0 to 63.
    @usableFromInline static let shortText: UInt8 = 64
    /// A blob of n bytes has the tag `shortBlob + n`, n from 0 to 63.
    @usableFromInline static let shortBlob: UInt8 = 128
    @usableFromInline static let longestShort = 63
}
