import GRDB
import TandemLog
import TandemReplication
import TandemSQLite

// What the embedding program does with a node.
extension NodeParts {
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> (result: Result, position: Position?) {
        if let refusal = services.writeRefusal { throw refusal }
        return try await services.runClosure { writer in try writer.withDatabase(body) }
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
            } otherwise: {
                continuation.resume(throwing: TandemError(.unavailable, "the node has stopped"))
            }
        }
    }
}
