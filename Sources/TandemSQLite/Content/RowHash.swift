import CTandemSQLite

/// Hashes rows as docs/LOG-FORMAT.md says ("Content checksums"): the values that are stored, with their storage classes,
/// under a key that is the same everywhere, so that nodes can compare.
enum RowHash {
    /// `TandemRowContent` as bytes, in two words.
    static let key: (UInt64, UInt64) = (0x6F52_6D65_646E_6154, 0x746E_6574_6E6F_4377)

    /// - Parameters:
    ///   - rowid: nil for a WITHOUT ROWID table.
    ///   - isReal: of each value whether its column has REAL affinity.
    @inline(__always)
    static func hash(
        rowid: Int64?, _ values: UnsafePointer<ctandem_value>, isReal: UnsafePointer<UInt8>, count: Int
    ) -> UInt64 {
        withUnsafePointer(to: key) { key in
            key.withMemoryRebound(to: UInt64.self, capacity: 2) { key in
                guard var rowid else { return ctandem_row_hash(key, nil, values, isReal, Int32(count)) }
                return ctandem_row_hash(key, &rowid, values, isReal, Int32(count))
            }
        }
    }

    /// Whether SQLite gives REAL affinity to a column of this declared type ("Determination Of Column Affinity" in its
    /// documentation).
    static func isReal(declaredType: String) -> Bool {
        let type = declaredType.uppercased()
        if ["INT", "CHAR", "CLOB", "TEXT", "BLOB"].contains(where: { type.contains($0) }) { return false }
        return ["REAL", "FLOA", "DOUB"].contains { type.contains($0) }
    }
}
