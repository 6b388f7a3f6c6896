/// How the rows of a COPY stream are written ("File Formats", PostgreSQL's manual, COPY).
public enum CopyFormat: String, Hashable, Sendable {
    /// A line a row, columns apart by a delimiter, backslash sequences.
    case text
    /// Comma separated values with quoted fields (RFC 4180, with PostgreSQL's options).
    case csv
    /// A signature, and each value in its type's binary form.
    case binary

    /// The format of the values within the stream.
    public var valueFormat: FormatCode { self == .binary ? .binary : .text }
}

/// What the first line of a text or CSV stream is.
public enum CopyHeader: Hashable, Sendable {
    /// A row as all others.
    case none
    /// The columns' names: written by COPY TO, passed over by COPY FROM.
    case names
    /// The columns' names, which COPY FROM compares with the table's.
    case match
}

/// Which columns an option such as `FORCE_QUOTE` is for.
public enum CopyColumns: Hashable, Sendable {
    case none
    /// `*`
    case all
    case named([String])

    /// One flag for each of `columns`.
    ///
    /// - Throws: ``SQLState/invalidColumnReference`` if a column named here is not among them.
    func flags(_ columns: [String], option: String) throws(PostgresError) -> [Bool] {
        switch self {
        case .none: return Array(repeating: false, count: columns.count)
        case .all: return Array(repeating: true, count: columns.count)
        case .named(let names):
            for name in names where !columns.contains(where: { $0.lowercased() == name.lowercased() }) {
                throw PostgresError(
                    code: .invalidColumnReference, message: "\(option) column \"\(name)\" not referenced by COPY")
            }
            return columns.map { column in names.contains { $0.lowercased() == column.lowercased() } }
        }
    }
}
