import NIOCore
import PostgresWire
import TandemLog

// ALTER SYSTEM: what an operator asks of the whole group.
extension SessionEngine {
    /// Waits for what becomes of it, for some seconds at most: on a reader's thread, or, where nothing may be read because
    /// the database has drifted, on that for long statements.
    func carryOut(_ change: GroupChange, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        guard block == nil, writerTransaction == .none else {
            throw PostgresError(
                code: .activeSQLTransaction, message: "ALTER SYSTEM cannot run inside a transaction block")
        }
        if !isOnParser {
            guard case .reader = access else { return node.readRefusal == nil ? .needsReader : .needsParser }
        }
        switch change {
        case .hold(let index): try hold(at: index)
        case .release: node.database.endHold()
        default: try carryOut(change)
        }
        output.commandComplete("ALTER SYSTEM")
        return nil
    }

    private func carryOut(_ change: GroupChange) throws(PostgresError) {
        do {
            _ = try node.groupOperator.carryOut(change).wait()
        } catch let error as TandemError {
            throw PostgresError(code: .objectNotInPrerequisiteState, message: error.message)
        } catch {
            throw PostgresError(mapping: error)
        }
    }

    /// For so long a node that is compared with others applies nothing at most, if nobody lets it go on.
    private static let holdLimit = Duration.seconds(5)

    private func hold(at index: LogIndex?) throws(PostgresError) {
        guard node.database.hold(at: index, for: Self.holdLimit) else {
            throw PostgresError(
                code: .objectNotInPrerequisiteState,
                message:
                    "the database does not stand at record \(index ?? .zero) within \(Self.holdLimit), or beyond it")
        }
    }
}
