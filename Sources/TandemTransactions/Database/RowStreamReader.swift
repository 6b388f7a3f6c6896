import NIOConcurrencyHelpers

/// Reads a stream; when it goes, the stream is closed, wherever its reader stopped.
final class RowStreamReader: Sendable {
    private enum State: Sendable {
        case new
        case open(OpenStream, ConnectionHolder)
        case closed
    }

    private let statement: Statement
    private let target: StatementTarget
    private let state = NIOLockedValueBox(State.new)

    /// Rows are fetched in pieces of this many.
    private static let pieceSize = 256

    init(_ statement: Statement, _ target: StatementTarget) {
        self.statement = statement
        self.target = target
    }

    deinit {
        guard case .open(let stream, let holder) = state.withLockedValue({ $0 }) else { return }
        // Taken here, so that the next statement of the transaction waits instead of being refused.
        guard holder.resume(stream) else { return }
        let isAlone = target.scope == nil
        Task {
            await holder.closeStream()
            holder.free(hasWritten: false)
            if isAlone { holder.endStatement() }
        }
    }

    nonisolated(nonsending) func next() async throws -> [ResultRow]? {
        switch state.withLockedValue({ $0 }) {
        case .closed: return nil
        case .open(let stream, let holder): return try await fetch(stream, holder)
        case .new:
            let holder = target.scope?.holder ?? target.database.holderForOneStatement()
            let stream: OpenStream
            do { stream = try await holder.openStream(statement, in: target.scope) } catch {
                await close(holder)
                throw error
            }
            state.withLockedValue { $0 = .open(stream, holder) }
            return try await fetch(stream, holder)
        }
    }

    private nonisolated(nonsending) func fetch(_ stream: OpenStream, _ holder: ConnectionHolder) async throws
        -> [ResultRow]?
    {
        do {
            if let rows = try await holder.fetch(Self.pieceSize, from: stream, in: target.scope) { return rows }
            await close(holder)
            return nil
        } catch {
            await close(holder)
            throw error
        }
    }

    private nonisolated(nonsending) func close(_ holder: ConnectionHolder) async {
        state.withLockedValue { $0 = .closed }
        if target.scope == nil { holder.endStatement() }
    }
}
