/// A token of SQLite's SQL, with its place in the text.
public struct SQLToken: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A keyword or a name that is not quoted.
        case word
        /// A name in `"…"`, `` `…` `` or `[…]`.
        case quotedName
        /// A string in `'…'`.
        case string
        /// A blob: `x'…'`.
        case blob
        /// A number.
        case number
        /// A parameter: `?`, `?1`, `:name`, `@name`, `$1`, `$name`.
        case parameter
        /// An operator or other punctuation, of one to three bytes.
        case symbol
        /// The end of a statement: `;`.
        case semicolon
        /// Something that SQLite does not know, or a string, name or comment that does not end.
        case malformed
    }

    public var kind: Kind
    /// The token's bytes in the text.
    public var range: Range<Int>

    public init(kind: Kind, range: Range<Int>) {
        self.kind = kind
        self.range = range
    }
}
