import TandemSQLite

/// A statement whose rows are fetched piece by piece.
///
/// It belongs to its connection, hence to the thread that uses that: the database thread, or whichever reader thread
/// runs the fetch at hand; never to two at a time, which is what protects it.
final class OpenStatement: @unchecked Sendable {
    private let statement: PreparedStatement
    private let connection: any StatementConnection
    /// The reader it runs on; nil on the writer.
    let reader: ReaderConnection?
    private var isOpen = true

    init(_ statement: PreparedStatement, on access: CallAccess) {
        self.statement = statement
        connection = access.connection
        if case .reader(let reader) = access { self.reader = reader } else { reader = nil }
    }

    /// The statement, while it is open.
    var current: PreparedStatement? { isOpen ? statement : nil }

    /// Gives the statement back to its connection, wherever it stands.
    func close() {
        guard isOpen else { return }
        isOpen = false
        connection.giveBack(statement)
    }
}
