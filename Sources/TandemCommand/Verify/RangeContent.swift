/// What the rows in a range of keys are on one node: their number, the sum of their hashes (docs/LOG-FORMAT.md, "Content
/// checksums") and about how many bytes they have.
struct RangeContent: Sendable, Equatable {
    var rows: Int
    var sum: String
    var bytes: UInt64

    /// Reads the answer of `tandem_content`; nil if it is none.
    init?(_ answer: String) {
        let parts = answer.split(separator: " ")
        guard parts.count == 3, let rows = Int(parts[0]), let bytes = UInt64(parts[2]) else { return nil }
        self.rows = rows
        sum = String(parts[1])
        self.bytes = bytes
    }

    /// `5 rows, checksum 8000000000000001`.
    var words: String { "\(rows) \(rows == 1 ? "row" : "rows"), checksum \(sum)" }
}
