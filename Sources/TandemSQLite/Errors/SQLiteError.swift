import CTandemSQLite

/// What went wrong in a database, and what to do about it.
///
/// Messages are SQLite's or ours and never contain the arguments of a statement. A GRDB closure may also throw
/// GRDB's own `DatabaseError`.
public struct SQLiteError: Error, Hashable, Sendable {
    /// The kind of error; more may come with later versions, so that a `switch` needs a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Wrapped: String {  // Not public, so that new cases break nobody's switch.
            case engine, refused, forbidden, foreignKey, groupLost, captureFailed, diverged, contentDiffers, unsupported
            case noReader, closed, cancelled
        }
        private var wrapped: Wrapped
        private init(_ wrapped: Wrapped) { self.wrapped = wrapped }

        /// SQLite refused or failed: ``SQLiteError/resultCode`` says why.
        public static let engine = Code(.engine)
        /// What cannot be replicated, or would leak from one client to another: refused before it did anything, or
        /// its transaction was rolled back.
        public static let refused = Code(.refused)
        /// Nobody may see this but the node itself.
        public static let forbidden = Code(.forbidden)
        /// A deferred foreign key was still violated at the end of a transaction, which was rolled back alone.
        public static let foreignKey = Code(.foreignKey)
        /// SQLite rolled the whole group back (disk full, I/O error, out of memory, a write interrupted, OR ROLLBACK).
        /// No transaction of the group has happened; the others may be run again.
        public static let groupLost = Code(.groupLost)
        /// A transaction's changes could not be captured whole. It was rolled back alone.
        public static let captureFailed = Code(.captureFailed)
        /// What SQLite committed is not what its records say. The database must be made anew from another node.
        public static let diverged = Code(.diverged)
        /// A record does not fit the database it is applied to: drift. Nothing of it was applied.
        public static let contentDiffers = Code(.contentDiffers)
        /// The database, or SQLite itself, is not one that can be replicated.
        public static let unsupported = Code(.unsupported)
        /// No reader became free in the time allowed.
        public static let noReader = Code(.noReader)
        /// The connection or the pool was closed.
        public static let closed = Code(.closed)
        /// A statement was interrupted by ``Interrupter/cancel()``.
        public static let cancelled = Code(.cancelled)

        public var description: String { wrapped.rawValue }
    }

    public var code: Code
    /// SQLite's extended result code; `SQLITE_ERROR` (1) where SQLite was not asked.
    public var resultCode: Int32
    /// What went wrong and, where it is not plain, what to do about it.
    public var message: String
    /// Where in the SQL text, in bytes; nil where SQLite does not tell.
    public var offset: Int?
    /// The constraint that failed, where the message tells.
    public var constraint: String?
    /// The table concerned, where the message tells.
    public var table: String?
    /// The column concerned, where the message tells one.
    public var column: String?

    public init(
        _ code: Code, _ message: String, resultCode: Int32 = SQLITE_ERROR, offset: Int? = nil, table: String? = nil
    ) {
        self.code = code
        self.message = message
        self.resultCode = resultCode
        self.offset = offset
        self.table = table
    }

    /// SQLite's primary result code: the low byte of ``resultCode``.
    public var primaryResultCode: Int32 { resultCode & 0xFF }
}

extension SQLiteError: CustomStringConvertible {
    public var description: String { message + (offset.map { " (at byte \($0))" } ?? "") }
}

extension SQLiteError {
    /// The error that `connection` has to report after a call returned `resultCode`.
    init(_ connection: OpaquePointer, resultCode: Int32) {
        let code = sqlite3_extended_errcode(connection)
        // The connection may already have forgotten the code, but not the call's own.
        let known = code & 0xFF == resultCode & 0xFF ? code : resultCode
        let message =
            known == code ? String(cString: sqlite3_errmsg(connection)) : String(cString: sqlite3_errstr(known))
        self.init(.engine, message, resultCode: known)
        let offset = sqlite3_error_offset(connection)
        if known == code, offset >= 0 { self.offset = Int(offset) }
        readConstraint()
    }

    /// Finds table, column and constraint in SQLite's message, as far as it names them.
    private mutating func readConstraint() {
        guard primaryResultCode == SQLITE_CONSTRAINT, let marker = message.range(of: " constraint failed: ") else {
            return
        }
        let subject = message[marker.upperBound...]
        if message.hasPrefix("CHECK") {
            constraint = String(subject)
        } else if subject.hasPrefix("index '") {
            constraint = String(subject.dropFirst("index '".count).dropLast())
        } else {
            let columns = subject.split(separator: ", ")
            guard let first = columns.first, let dot = first.lastIndex(of: ".") else { return }
            table = String(first[..<dot])
            if columns.count == 1 { column = String(first[first.index(after: dot)...]) }
        }
    }
}

extension String {
    /// The first place of `other` in this string.
    fileprivate func range(of other: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
            start = index(after: start)
        }
        return nil
    }
}

extension SQLiteError {
    /// What follows SQLite's own message where the whole group is lost.
    static let groupSuffix = "; SQLite has rolled back the whole group"

    /// The message without what became of the group: what SQLite said of the statement.
    public var statementMessage: String {
        message.hasSuffix(Self.groupSuffix) ? String(message.dropLast(Self.groupSuffix.count)) : message
    }

    /// Whether the database's file does not hold what SQLite has written to it.
    public var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(primaryResultCode) }

    /// Whether SQLite could not write a file: the disk is full or broken, or the system does not let it.
    public var isOfWriting: Bool {
        [SQLITE_FULL, SQLITE_READONLY, SQLITE_CANTOPEN].contains(primaryResultCode)
            || [SQLiteResultCode.writeFailed, SQLiteResultCode.truncateFailed, SQLiteResultCode.flushFailed]
                .contains(resultCode)
    }

    /// Whether the disk or the memory failed: such an error says nothing of any row.
    public var isOfTheSystem: Bool {
        [SQLiteResultCode.full, SQLiteResultCode.inputOutput, SQLiteResultCode.noMemory].contains(resultCode & 0xFF)
    }
}
