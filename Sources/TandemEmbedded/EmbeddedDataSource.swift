import Tandem
import TandemLog
import TandemTransactions

/// A Tandem node in this process, primary or replica, as a data source: transactions without a wire in between.
///
/// ```swift
/// let node = try await Node.start(NodeConfiguration(dataDirectory: "data", role: .primary))
/// let database = Database(primary: EmbeddedDataSource(node))
/// ```
/// Statements are in the dialect that clients over the wire use (docs/SQL.md); types are mapped as docs/TRANSACTIONS.md
/// says. Whoever made the node stops it.
public struct EmbeddedDataSource: DataSource {
    /// The node that transactions run on.
    public let node: Node

    /// A data source of a node that has been started.
    public init(_ node: Node) { self.node = node }

    public var name: String { node.address.description }
    public var engine: Engine { .tandem }
    public var writers: WriterCount { .one }

    public func connect(
        to role: ServerRole?, deadline: ContinuousClock.Instant
    ) async throws -> any DataSourceConnection {
        let actual: ServerRole = node.isPrimary ? .primary : .replica
        if let role, role != actual {
            throw DatabaseError(
                .noServer,
                "the node at \(name) is a \(actual), not a \(role); give the data source of the node that is")
        }
        let connection = EmbeddedConnection(node, server: name)
        guard connection.isUsable else {
            throw DatabaseError(
                .serverUnavailable, "\(name) serves no reads: \(node.refusalOfReads ?? "it has just begun to")",
                sqlState: "57P03")
        }
        return connection
    }

    public func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        guard wanted.engine == engine, reached.engine == engine, let wanted = Position(wanted.text),
            let reached = Position(reached.text)
        else { return nil }
        // An epoch's log goes on from all that was committed before it.
        return reached.epoch >= wanted.epoch && reached.index >= wanted.index
    }
}
