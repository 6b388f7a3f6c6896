import NIOCore
import PostgresWire
import TandemLog

// ALTER SYSTEM: what an operator asks of the whole group.
extension SessionEngine {
    /// Waits for what becomes of it, for some seconds at most: on a reader's thread.
    func carryOut(_ change: GroupChange, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        guard block == nil, writerTransaction == .none else {
            throw PostgresError(
                code: .activeSQLTransaction, message: "ALTER SYSTEM cannot run inside a transaction block")
        }
        guard case .reader = access else { return .needsReader }
        do {
            _ = try node.groupOperator.carryOut(change).wait()
        } catch let error as TandemError {
            throw PostgresError(code: .objectNotInPrerequisiteState, message: error.message)
        } catch {
            throw PostgresError(mapping: error)
        }
        output.commandComplete("ALTER SYSTEM")
        return nil
    }
}
