import TandemLog
import TandemSQLite

// Telling the transactions of a group how it ended.
extension DatabaseWorker {
    /// Tells everyone how it ended; failed transactions learn it only now, for their error may show what others of
    /// the group did (docs/REPLICATION.md, H4).
    func answer(_ members: [GroupedTransaction], outcome: (Int?) -> CommitOutcome) {
        owner.completed(
            members.lazy.filter { !$0.isAnswered }.map { member in
                CompletedTransaction(
                    member.transaction, member.error.map { .failed($0) } ?? outcome(member.recordOffset))
            })
    }

    /// Tells everyone that nothing of the group has happened.
    func answerLost(_ members: [GroupedTransaction], _ error: any Error) {
        let lost = DatabaseThreadError.groupLost(String(describing: error))
        owner.completed(
            members.filter { !$0.isAnswered }.map { member in
                let outcome = member.recordOffset == nil ? member.outcomeOfNothing(lost) : .failed(error)
                return CompletedTransaction(member.transaction, outcome)
            })
    }

    func answerInDoubt(_ members: [GroupedTransaction], first: LogIndex, epoch: Epoch, reason: String) {
        let lost = DatabaseThreadError.groupLost(reason)
        owner.completed(
            members.filter { !$0.isAnswered }.map { member in
                let position = member.recordOffset.map { Position(epoch: epoch, index: first.advanced(by: $0)) }
                let outcome = position.map { CommitOutcome.inDoubt($0, .reignEnded(reason)) }
                return CompletedTransaction(member.transaction, outcome ?? member.outcomeOfNothing(lost))
            })
    }

    /// SQLite has rolled everything back by itself, or cannot go on with the group.
    func abandon(_ members: [GroupedTransaction], reason: any Error) throws {
        let isOver = owner.monitor.withLock { state in
            state.running = nil
            return state.isOver
        }
        let failure = reason as? SQLiteError
        let lost =
            isOver
            ? DatabaseThreadError.noLongerPrimary
            : DatabaseThreadError.groupLost(
                failure.map { $0.isOfTheSystem ? $0.message : "a statement of another transaction ended it" }
                    ?? String(describing: reason))
        let causedIt = members.count - 1
        owner.completed(
            members.enumerated().map { place, member in
                // An error that names a row may name one that never was; that the disk is full may be told.
                let isOfTheSystem = (member.error as? SQLiteError)?.isOfTheSystem ?? false
                let mayBeTold = !isOver && (place == 0 || (place == causedIt && isOfTheSystem))
                return CompletedTransaction(member.transaction, .failed(mayBeTold ? member.error ?? lost : lost))
            })
        try connection.rollbackGroup()
    }
}
