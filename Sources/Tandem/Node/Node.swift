import GRDB
import Logging
import NIOCore
import NIOPosix
import PostgresWire
import ServiceLifecycle
import TandemLog
import TandemReplication
import TandemSQLite

/// One running Tandem: a primary or a replica of a group, with its data directory, its clients and its replication.
///
/// ```swift
/// let node = try await Node.start(NodeConfiguration(dataDirectory: "data", role: .primary))
/// try await node.write { db in try book.insert(db) }
/// let titles = try await node.read { db in try String.fetchAll(db, sql: "SELECT title FROM book") }
/// await node.stop()
/// ```
/// ``run()`` is the same as a service of swift-service-lifecycle.
public final class Node: Sendable {
    /// What it was started with.
    public let configuration: NodeConfiguration
    let life: NodeLife
    var parts: NodeParts { life.parts }

    private init(configuration: NodeConfiguration, life: NodeLife) {
        self.configuration = configuration
        self.life = life
    }

    /// Opens the data directory, listens, and begins to take part in the group. Returns when clients can connect, which
    /// is before a primary has its replicas or a replica its primary; ``status`` tells.
    ///
    /// - Throws: ``TandemError`` that says what to do: `invalidConfiguration`, `dataDirectory`, `addressInUse`,
    ///   `damaged`.
    public static func start(
        _ configuration: NodeConfiguration, logger: Logger = Logger(label: "tandem")
    ) async throws -> Node {
        Node(configuration: configuration, life: try await NodeLife.begin(configuration, logger: logger))
    }

    /// Stops gracefully: no new clients, the running transactions to their end, everything flushed and closed.
    ///
    /// What runs for longer is stopped after four fifths of the grace: clients' transactions, and the statements of this
    /// program's own reads and writes, which throw ``TandemError`` (`unavailable`) and have done nothing. A closure that
    /// does something else than statements cannot be stopped. One that writes is left behind 5 s after the grace: the node
    /// takes part no more then, nothing of the closure is committed, and the data directory is free for another node once
    /// it has returned. One that reads is waited for.
    ///
    /// - Parameter grace: how long clients and this program may take to end what they are at. Default 5 s.
    public func stop(grace: Duration = .seconds(5)) async {
        await life.end(grace: grace)
    }

    /// Is told if a node that took a snapshot cannot be opened again with it, and why; it does nothing any more then.
    public func onLoss(_ body: @escaping @Sendable (TandemError) -> Void) { life.onLoss(body) }

    /// Reads the files of certificates, keys and passwords again. New connections use what was read; what cannot be
    /// read stays as it was, and the log says so.
    public func reload() { parts.access.reload() }

    /// Where the node listens.
    public var address: HostAndPort { parts.address }

    /// The node's part in its group at this moment.
    public var status: ReplicationStatus? { parts.services.state.status }

    /// Runs `body` as one transaction on the primary; returns when it is durable here and on as many replicas as asked
    /// for. It shares a flush with other transactions that are waiting at the same time.
    ///
    /// `body` runs on the database's own thread: it must not wait for anything else.
    ///
    /// A task that is cancelled while it waits for the writer waits no longer; what has begun to run goes on, until
    /// ``stop(grace:)`` stops it.
    ///
    /// A statement that SQLite rolls its whole transaction back for (`OR ROLLBACK`, a trigger's `RAISE(ROLLBACK)`) takes
    /// those along that share the flush: all are told `rolledBack`. From then on closures of the same place in the program
    /// share theirs with nobody for 1,000 runs, and are told their own error.
    ///
    /// - Parameters:
    ///   - fileID: the place in the program, with `line`; default: that of the call. A function that takes closures from
    ///     elsewhere does well to hand on its own caller's.
    ///   - line: the place's line.
    ///   - body: what is read and written.
    /// - Throws: what `body` throws, after the transaction was rolled back; ``TandemError``: `readOnly` on a replica,
    ///   `lockTimeout`, `rolledBack`, `inDoubt`, `unavailable`; `CancellationError`.
    public func write<Result: Sendable>(
        fileID: String = #fileID, line: Int = #line, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await parts.write(at: CallSite(fileID: fileID, line: line), body).result
    }

    /// The same as ``write(fileID:line:_:)``, and the position of the transaction in the log; nil if it changed nothing.
    ///
    /// - Throws: what ``write(fileID:line:_:)`` throws.
    public func writeAndLocate<Result: Sendable>(
        fileID: String = #fileID, line: Int = #line, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> (result: Result, position: Position?) {
        try await parts.write(at: CallSite(fileID: fileID, line: line), body)
    }

    /// Runs `body` with a connection that reads one committed state.
    ///
    /// - Throws: what `body` throws; ``TandemError`` (`unavailable`) while the node catches up after a restart.
    public func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        try await parts.read(body)
    }

    /// Makes this replica the primary, because the old one is gone (docs/REPLICATION.md, rules 8 and 9).
    ///
    /// - Parameter acceptingDataLoss: goes on without the promises of members that cannot be reached, although one of
    ///   them may hold acknowledged transactions that this node lacks; it is written down in the log.
    /// - Returns: the new epoch. Writes are taken once its record is acknowledged; ``status`` tells.
    /// - Throws: ``TandemError`` (`unavailable`) that says why not, and what to do.
    @discardableResult
    public func promote(acceptingDataLoss: Bool = false) async throws -> Epoch {
        try await parts.services.groupOperator.carryOut(.promotion(acceptsDataLoss: acceptingDataLoss)).get()
    }

    /// Lets a replica take over from this primary: writes wait until it has everything, then it reigns.
    ///
    /// - Parameter target: the replica's address, as the status has it, or its identity.
    /// - Returns: the new epoch.
    /// - Throws: ``TandemError`` (`unavailable`); writes go on here then.
    @discardableResult
    public func switchOver(to target: String) async throws -> Epoch {
        try await parts.services.groupOperator.carryOut(.switchOver(to: target)).get()
    }

    /// Takes a member that runs no more out of the group, on the primary.
    ///
    /// - Parameters:
    ///   - name: the member's address, as the status has it, or its identity.
    ///   - acceptingDataLoss: goes without the agreement of those that the rule in force asks for: the member is gone for
    ///     good, and what it may have had alone is lost.
    /// - Throws: ``TandemError`` (`unavailable`) that says why not, and what to do.
    public func removeMember(_ name: String, acceptingDataLoss: Bool = false) async throws {
        let change = GroupChange.removal(of: name, acceptsDataLoss: acceptingDataLoss)
        _ = try await parts.services.groupOperator.carryOut(change).get()
    }

    /// What became of a commit that was in doubt.
    public func outcome(of position: Position) -> ReplicationMachine.Outcome {
        parts.services.state.outcome(of: position)
    }
}

extension Node: Service {
    /// Runs until graceful shutdown, or until its task is cancelled; the node is stopped then. One whose disk fails goes on
    /// serving reads of what is committed. Throws nothing.
    public func run() async throws {
        try? await gracefulShutdown()  // A cancelled task ends the node as gracefully.
        await stop()
    }
}
