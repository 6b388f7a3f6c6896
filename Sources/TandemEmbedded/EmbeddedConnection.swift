import Tandem
import TandemLog
import TandemTransactions

/// A connection of the transaction layer to a node in this process.
public final class EmbeddedConnection: DataSourceConnection {
    public let server: String
    /// The node's own connection: GRDB closures run in the transaction that is open here.
    public let connection: NodeConnection
    let node: Node

    init(_ node: Node, server: String) {
        self.node = node
        self.server = server
        connection = node.connection()
    }

    public var isUsable: Bool { connection.isOpen && node.servesReads }

    // MARK: Transactions

    public func begin(
        _ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?
    ) async throws {
        let isSnapshot: Bool =
            switch characteristics.isolation {
            case .serverDefault, .readCommitted: false
            case .repeatableRead, .serializable: true
            }
        try await telling {
            try await connection.begin(readOnly: characteristics.isReadOnly, isSnapshot: isSnapshot)
        }
    }

    public func commit() async throws -> CommitPosition? {
        try await telling { try await connection.commit() }.map(CommitPosition.init)
    }

    public func rollback() async throws {
        try await telling { try await connection.rollback() }
    }

    public func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {
        try await telling { try await connection.setSavepoint(name) }
    }

    public func releaseSavepoint(_ name: String) async throws {
        try await telling { try await connection.releaseSavepoint(name) }
    }

    public func rollback(toSavepoint name: String) async throws {
        try await telling { try await connection.rollback(toSavepoint: name) }
    }

    // MARK: The server

    public func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus {
        ServerStatus(
            role: node.isPrimary ? .primary : .replica, position: node.position.map(CommitPosition.init),
            lag: node.lag)
    }

    public func waitUntilReached(
        _ position: CommitPosition, deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        guard position.engine == .tandem, let wanted = Position(position.text) else {
            throw DatabaseError(.invalidValue, "\(position) is no position of a Tandem node")
        }
        return try await node.waitUntilApplied(wanted, until: deadline)
    }

    // MARK: Life

    public func reset() async {
        try? await connection.rollback()  // Where it fails the connection is closed, and not usable any more.
        connection.forgetSession()
    }

    public func validate(deadline: ContinuousClock.Instant) async -> Bool { isUsable }

    public func close() async { connection.close() }

    // MARK: Failures

    /// Runs `body`; its failures are put into the words of the transaction layer.
    func telling<Result>(_ statement: Statement? = nil, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as CancellationError {
            throw error
        } catch var error as DatabaseError {
            error.server = server
            error.statement = statement?.redacted
            throw error
        } catch {
            throw DatabaseError(SQLFailure(error), server: server, statement: statement, cause: error)
        }
    }
}

extension CommitPosition {
    init(_ position: Position) { self.init(.tandem, position.description) }
}

extension DatabaseError {
    /// A failure of a node.
    init(_ failure: SQLFailure, server: String, statement: Statement?, cause: any Error) {
        // It may quote a parameter's value.
        let quotes = failure.sqlState.hasPrefix("22") && statement.map { !$0.parameters.isEmpty } ?? false
        var message = quotes ? failure.message.withoutQuotation : failure.message
        if let hint = failure.hint { message += ". " + hint }
        self.init(Code(sqlState: failure.sqlState), message, sqlState: failure.sqlState, cause: cause)
        self.server = server
        self.statement = statement?.redacted
        table = failure.table
        column = failure.column
        constraint = failure.constraint
        position = failure.position.map(CommitPosition.init)
    }
}
