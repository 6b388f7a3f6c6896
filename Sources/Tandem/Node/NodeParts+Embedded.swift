import GRDB
import TandemLog
import TandemReplication
import TandemSQLite

// What the embedding program does with a node.
extension NodeParts {
    func write<Result: Sendable>(
        at site: CallSite, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> (result: Result, position: Position?) {
        if let refusal = services.writeRefusal { throw refusal }
        let limit = services.limit()
        do {
            let loners = services.loneStatements
            return try await services.runClosure(opensGroup: loners.contains(site)) { writer in
                try loners.watching(site, on: writer) {
                    try writer.limited(by: limit) { try writer.withDatabase(body) }
                }
            }
        } catch {
            throw limit.explain(error)
        }
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        if let refusal = services.readRefusal { throw TandemError(.unavailable, refusal.message) }
        let services = services
        let limit = services.limit()
        return try await withCheckedThrowingContinuation { continuation in
            services.read {
                do {
                    let reader = try services.readers.checkOut()
                    defer { services.readers.checkIn(reader) }
                    continuation.resume(returning: try reader.limited(by: limit) { try reader.read(body) })
                } catch {
                    continuation.resume(throwing: limit.explain(error))
                }
            } otherwise: {
                continuation.resume(throwing: TandemError(.unavailable, "the node has stopped"))
            }
        }
    }
}
