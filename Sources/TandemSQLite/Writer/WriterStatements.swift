import CTandemSQLite
import TandemLog

/// The writer's own statements, prepared once.
final class WriterStatements {
    let savepoint: OwnStatement
    let release: OwnStatement
    let rollbackTo: OwnStatement
    let join: OwnStatement
    let touch: OwnStatement
    let update: OwnStatement
    /// The node whose text ``update`` has: it changes with the reign, the index with each group.
    private var boundNode: NodeID?

    /// The savepoint that each transaction lies in.
    static let savepointName = StatementPolicy.ownPrefix + "transaction"

    init(_ handle: OpaquePointer) throws(SQLiteError) {
        savepoint = try OwnStatement(handle, "SAVEPOINT \(Self.savepointName)")
        release = try OwnStatement(handle, "RELEASE \(Self.savepointName)")
        rollbackTo = try OwnStatement(handle, "ROLLBACK TO \(Self.savepointName)")
        join = try OwnStatement(handle, "INSERT INTO \(ChangeCapture.watchName) VALUES (0)")
        touch = try OwnStatement(handle, AppliedState.touch)
        update = try OwnStatement(handle, AppliedState.update)
    }

    func bind(_ state: AppliedState) {
        update.bind(Int64(state.position.epoch.counter), at: 1)
        if boundNode != state.position.epoch.node {
            boundNode = state.position.epoch.node
            update.bind(state.position.epoch.node.description, at: 2)
        }
        update.bind(Int64(state.position.index.rawValue), at: 3)
    }
}
