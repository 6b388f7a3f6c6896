/// The byte that begins a change (docs/LOG-FORMAT.md, "Changes").
@usableFromInline enum ChangeCode {
    @usableFromInline static let tableDefinition: UInt8 = 1
    @usableFromInline static let insert: UInt8 = 2
    @usableFromInline static let update: UInt8 = 3
    @usableFromInline static let delete: UInt8 = 4
    @usableFromInline static let schema: UInt8 = 5
    @usableFromInline static let contentChecksum: UInt8 = 6
}
