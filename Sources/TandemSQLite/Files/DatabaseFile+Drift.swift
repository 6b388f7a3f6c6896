extension DatabaseFile {
    /// Has the copy at `path`, which nobody has open, say nothing of tables whose rows may not be those that their sums were
    /// made of: those that differ from what the log says, and those that another program may have changed.
    ///
    /// Whoever begins with the copy begins with its rows: such a table is added up where it is used, as one whose sum is
    /// not known.
    ///
    /// - Parameter all: whether that goes for every table.
    static func forgetUnprovedSums(in path: String, all: Bool) throws(SQLiteError) {
        let tables = "FROM \(ContentStore.table) WHERE name <> '\(ContentStore.table)'"
        let unproved =
            all ? tables : "\(tables) AND (drifted_index IS NOT NULL OR known = \(ContentStore.mustBeChecked))"
        guard try !DatabaseFile(path, .immutable).list("SELECT name \(unproved)").isEmpty else { return }
        try DatabaseFile(path, .readWrite).execute("DELETE \(unproved)")
    }
}
