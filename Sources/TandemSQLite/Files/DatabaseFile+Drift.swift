extension DatabaseFile {
    /// Has the copy at `path`, which nobody has open, say of no table that it differs from what the log says.
    ///
    /// Whoever begins with the copy begins with its rows: a table that had come to differ where the copy was made is added
    /// up where it is used, as one whose sum is not known.
    public static func forgetDrift(in path: String) throws(SQLiteError) {
        let drifted = "FROM \(ContentStore.table) WHERE drifted_index IS NOT NULL"
        guard try !DatabaseFile(path, .immutable).list("SELECT name \(drifted)").isEmpty else { return }
        try DatabaseFile(path, .readWrite).execute("DELETE \(drifted)")
    }
}
