import CTandemSQLite

/// What a statement of a ``BriefReader`` may do: select, read columns, and call functions whose work is in proportion to
/// their arguments, changes nothing, and asks nobody.
///
/// Not among them: `count`, because the number of a table's rows is one single instruction that reads all its pages; LIKE
/// and GLOB, whose patterns can be made to take long; JSON's, which parse their whole text at each call; `trim`, `instr` and
/// `replace`, whose work is the product of two lengths.
enum BriefFunctions {
    private static let names: Set<String> = [
        "abs", "avg", "ceil", "ceiling", "changes", "char", "coalesce", "concat", "date", "datetime", "floor", "ifnull",
        "iif", "julianday", "last_insert_rowid", "length", "likelihood", "likely", "lower", "max", "min",
        "mod", "nullif", "power", "round", "sign", "sqrt", "strftime", "substr", "substring", "sum", "tandem_clock",
        "tandem_now", "time", "total", "total_changes", "trunc", "typeof", "unicode", "unixepoch", "unlikely", "upper",
    ]

    /// Asked by SQLite for each thing that a statement does, when it is prepared.
    ///
    /// - Parameter name: the function's, or the table's.
    static func allow(_ action: Int32, _ name: UnsafePointer<CChar>?) -> Bool {
        switch action {
        // A client's BEGIN is no statement that is attempted.
        case SQLITE_SELECT, SQLITE_RECURSIVE, SQLITE_TRANSACTION: true
        case SQLITE_READ: !UserTableGuard.isOfUsers(action, name)
        case SQLITE_FUNCTION: name.map { names.contains(String(cString: $0).lowercased()) } ?? false
        default: false
        }
    }
}
