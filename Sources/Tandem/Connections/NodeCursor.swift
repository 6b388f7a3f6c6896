import TandemLog
import TandemSQLite

/// The rows of a statement of a ``NodeConnection``, fetched piece by piece. While it is open the connection takes no other
/// call but the end of its transaction.
package final class NodeCursor: Sendable {
    private let connection: NodeConnection
    private let open: OpenStatement
    private let limit: StatementLimit

    init(_ connection: NodeConnection, _ open: OpenStatement, _ limit: StatementLimit) {
        self.connection = connection
        self.open = open
        self.limit = limit
    }

    deinit { connection.abandonCursor(open) }

    /// Runs `body` with the statement, on the thread that has it.
    ///
    /// - Throws: what `body` throws, and what ``NodeConnection/withStatement(_:deadline:_:)`` throws; the cursor is closed
    ///   then.
    package func fetch<Result: Sendable>(
        _ body: @escaping @Sendable (PreparedStatement) throws -> Result
    ) async throws -> Result {
        let open = open
        return try await connection.fetch(from: open, limit: limit) {
            guard let statement = open.current else {
                throw TandemError(.noTransaction, "the cursor is closed, or its transaction has ended")
            }
            do {
                return try body(statement)
            } catch {
                open.close()
                throw error
            }
        }
    }

    /// Ends the statement. It goes on although the task is cancelled.
    package func close() async { await connection.closeCursor(open, limit: limit) }
}

extension NodeConnection {
    func fetch<Result: Sendable>(
        from open: OpenStatement, limit: StatementLimit, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await exclusively(isCursor: true) {
            do {
                if Task.isCancelled { throw CancellationError() }
                let writer = try state.withLockedValue { state in
                    try state.checkNotFailed()
                    return state.block?.writer
                }
                let limited: CallBody<Result> = { access in try body() }
                if open.reader == nil, let writer { return try await run(on: writer, limit: limit, limited) }
                guard let reader = open.reader else { throw ConnectionState.noTransaction }
                return try await onReaderThread(limit) { try reader.limited(by: limit, body) }
            } catch {
                throw limit.explain(error)
            }
        }
    }

    /// Ends a statement where its connection is used.
    func closeCursor(_ open: OpenStatement, limit: StatementLimit) async {
        guard state.withLockedValue({ $0.cursor === open }) else { return }
        if let reader = open.reader {
            // Nobody else uses the reader: the cursor's calls come one after the other.
            open.close()
            giveBack(reader, of: open)
        } else if let writer = state.withLockedValue({ $0.block?.writer }) {
            let answer = Answer<Void>()
            writer.ask(.run { _ in answer.give(.success(open.close())) }) { _ in answer.give(.success(())) }
            try? await answer.value  // It is closed with its transaction, if that has ended before.
        }
        state.withLockedValue { $0.cursor = nil }
    }

    /// A cursor is let go without having been closed.
    func abandonCursor(_ open: OpenStatement) {
        guard state.withLockedValue({ $0.cursor === open }) else { return }
        if let reader = open.reader {
            open.close()
            giveBack(reader, of: open)
        }
        // On the writer it ends with the transaction.
        state.withLockedValue { $0.cursor = nil }
    }

    private func giveBack(_ reader: ReaderConnection, of open: OpenStatement) {
        let isKept = state.withLockedValue { state in
            state.cursor = nil
            return state.block?.reader === reader
        }
        if !isKept { node.readers.checkIn(reader) }
    }
}
