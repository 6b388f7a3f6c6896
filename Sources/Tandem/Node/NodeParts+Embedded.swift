import GRDB
import TandemLog
import TandemReplication
import TandemSQLite

// What the embedding program does with a node.
extension NodeParts {
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> (result: Result, position: Position?) {
        if let failure = services.failure {
            throw TandemError(
                .unavailable, "this node has stopped taking writes: \(failure); mend the cause and restart it")
        }
        guard services.takesWrites else {
            throw TandemError(.readOnly, "this node is a replica; write to its primary\(services.primaryHint)")
        }
        return try await withCheckedThrowingContinuation { continuation in
            services.database.submit(
                EmbeddedTransaction(body, configuration: services.configuration, continuation: continuation))
        }
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        if let refusal = services.readRefusal { throw TandemError(.unavailable, refusal.message) }
        let services = services
        return try await withCheckedThrowingContinuation { continuation in
            services.read {
                do {
                    let reader = try services.readers.checkOut()
                    defer { services.readers.checkIn(reader) }
                    continuation.resume(returning: try reader.read(body))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
