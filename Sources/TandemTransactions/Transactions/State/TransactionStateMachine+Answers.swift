// What is to be done, as the machine says it.
extension TransactionStateMachine {
    enum StatementAction: Sendable, Hashable {
        /// Take a connection and begin, then ask again.
        case begin
        /// Set the savepoint of that level, then ask again.
        case setSavepoint(Int)
        case run
        case refuse(Refusal)
    }

    enum Refusal: Sendable, Hashable {
        /// The transaction, or the savepoint's scope, has ended.
        case ended
        /// A savepoint's scope inside the asking one is still open, in another task.
        case nestedScopeOpen
        /// The server has given the transaction up.
        case aborted
        /// The connection has broken.
        case connectionLost
    }

    enum SavepointAction: Sendable, Hashable {
        /// The server knows no savepoint, or it will roll everything back anyway.
        case none
        case release
        case rollBack
    }

    /// How a nested scope ends.
    struct NestedEnd: Sendable, Hashable {
        var action: SavepointAction
        /// Why its work is not kept although its body succeeded.
        var mark: Mark?
        /// Whether its work is part of the surrounding one now.
        var isKept: Bool
        /// The level around it.
        var parent: Int
    }

    enum EndAction: Sendable, Hashable {
        /// No server knows of it.
        case nothing(Verdict)
        case commit
        case rollBack(Verdict)
        /// The connection is broken and is thrown away; the server has rolled back.
        case discard(Verdict)

        var verdict: Verdict {
            switch self {
            case .nothing(let verdict), .rollBack(let verdict), .discard(let verdict): verdict
            case .commit: .committed
            }
        }
    }

    enum Verdict: Sendable, Hashable {
        case committed
        case rolledBack
        /// It was to be committed; whoever imposed the rollback is named.
        case unexpectedlyRolledBack(by: String)
        /// It was to be committed, and its connection broke before.
        case lost
    }
}

extension TransactionStateMachine.Refusal: Error {}
