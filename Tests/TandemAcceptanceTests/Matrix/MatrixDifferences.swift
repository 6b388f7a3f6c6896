/// Where an engine differs from the table, each with the decision behind it.
enum MatrixDifferences {
    static func expected(of row: MatrixRow, on engine: Engines) -> [String: String] {
        guard engine.hasOneWriter, needsTwoWriters(row) else { return row.observed }
        return refused(row)
    }

    /// Decision 6: an inner call that writes on a connection of its own, in an outer transaction that has written and
    /// is suspended, could never get the one writer.
    private static func needsTwoWriters(_ row: MatrixRow) -> Bool {
        row.does == "WB" && row.outer == "rw" && row.inner == "rw"
            && (row.propagation == "REQUIRES_NEW" || row.propagation == "NOT_SUPPORTED")
    }

    /// It is refused at once: a transaction before it begins, a scope without one at its write.
    private static func refused(_ row: MatrixRow) -> [String: String] {
        var expected = row.observed
        if row.propagation == "REQUIRES_NEW" {
            expected["relation"] = "rejected"
            for column in ["inner_name", "inner_seen_ro", "inner_sync", "inner_read"] { expected[column] = "-" }
        }
        expected["inner_write"] = "-"
        expected["update_on"] = row.propagation == "REQUIRES_NEW" ? "M1" : "M1+-"
        expected["inner_exception"] = "illegalTransactionState"
        expected["row2_inner"] = "old"
        guard row.ends != "ic" else { return expected }
        // Nobody catches it: the outer transaction ends with it.
        for column in ["outer_read_2", "outer_marked_rollback", "outer_ro_restored"] { expected[column] = "-" }
        expected["outer_exception"] = "illegalTransactionState"
        expected["row1_outer"] = "old"
        return expected
    }
}
