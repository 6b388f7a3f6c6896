import NIOCore
import TandemReplication

/// Brings the outcomes of a group's transactions to their owners: sessions on their event loops, with one wake-up of
/// each loop for the whole group, and closures of the embedding program.
enum TransactionCompletion {
    @Sendable static func deliver(_ completed: [CompletedTransaction]) {
        var loop: (any EventLoop)?
        var sessions: [(SessionTransaction, CommitOutcome)] = []
        for item in completed {
            if let transaction = item.transaction as? SessionTransaction {
                if let current = loop, current !== transaction.eventLoop {
                    deliver(sessions, on: current)
                    sessions.removeAll()
                }
                loop = transaction.eventLoop
                sessions.append((transaction, item.outcome))
            } else if let transaction = item.transaction as? any CompletableTransaction {
                transaction.complete(item.outcome)
            }
        }
        if let loop { deliver(sessions, on: loop) }
    }

    private static func deliver(_ sessions: [(SessionTransaction, CommitOutcome)], on loop: any EventLoop) {
        loop.execute {
            for (transaction, outcome) in sessions { transaction.session.value.completed(transaction, outcome) }
        }
    }
}
