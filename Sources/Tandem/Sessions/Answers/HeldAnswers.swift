import NIOConcurrencyHelpers
import PostgresWire

/// What is held for all sessions together: the answers that are made and cannot be sent, which are rows of portals and
/// cursors that are not fetched yet and what a transaction answers before its commit; and prepared statements and portals.
///
/// A session has bounds of its own; a thousand sessions have a thousand of these.
final class HeldAnswers: Sendable {
    /// Where they are held.
    enum Place {
        case memory, disk
    }

    let place: Place
    /// In bytes.
    let limit: Int
    private let taken = NIOLockedValueBox(0)

    /// - Parameter limit: in bytes.
    init(in place: Place = .memory, limit: Int) {
        self.place = place
        self.limit = limit
    }

    /// What is taken, in bytes.
    var byteCount: Int { taken.withLockedValue { $0 } }

    fileprivate func take(_ bytes: Int) -> Bool {
        taken.withLockedValue { taken in
            guard bytes <= limit - taken else { return false }
            taken += bytes
            return true
        }
    }

    fileprivate func giveBack(_ bytes: Int) { taken.withLockedValue { $0 -= bytes } }
}

/// The part of ``HeldAnswers`` that one answer takes; given back when the object goes.
final class AnswerHold {
    /// Answers are counted in whole steps of so many bytes, and so a shorter one not at all: there are no more of these
    /// than sessions have portals.
    static let step = 64 * 1024

    private let answers: HeldAnswers
    /// What it takes of them.
    private(set) var byteCount = 0

    init(_ answers: HeldAnswers) { self.answers = answers }

    deinit { answers.giveBack(byteCount) }

    /// It takes so many bytes now. One that becomes shorter counts as long as it was, until ``shrink(to:)``.
    ///
    /// - Throws: ``PostgresError`` where all of them have no room for that.
    func grow(to length: Int) throws(PostgresError) {
        guard length - byteCount >= Self.step else { return }
        let more = (length - byteCount) / Self.step * Self.step
        guard answers.take(more) else { throw answers.noRoom }
        byteCount += more
    }
}

extension AnswerHold {
    /// It takes no more than so many bytes.
    func shrink(to length: Int) {
        guard byteCount - length >= Self.step else { return }
        let less = (byteCount - length) / Self.step * Self.step
        answers.giveBack(less)
        byteCount -= less
    }
}

extension HeldAnswers {
    fileprivate var noRoom: PostgresError {
        switch place {
        case .memory:
            PostgresError(
                code: .outOfMemory,
                message:
                    "what this node holds for its clients (prepared statements, portals, answers that wait to be fetched or committed) may take \(limit >> 20) MiB together",
                hint: "Run it again later, fetch all rows at once, let go of prepared statements, or set "
                    + "--maximum-held-answers higher.")
        case .disk:
            PostgresError(
                code: .configurationLimitExceeded,
                message:
                    "the rows that wait on this node to be fetched may take \(limit >> 20) MiB of its disk together",
                hint: "Run it again later, fetch all rows at once or by COPY (query) TO STDOUT, or set "
                    + "--maximum-answer-files higher.")
        }
    }
}
