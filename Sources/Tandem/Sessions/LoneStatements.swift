import GRDB
import NIOConcurrencyHelpers
import PostgresWire
import Synchronization
import TandemSQLite

/// The statements, and closures of the embedding program, that open a group of their own.
///
/// Those that have ended their group, by ON CONFLICT ROLLBACK, by a trigger's RAISE(ROLLBACK), because the rowids of an
/// AUTOINCREMENT table are used up: they would end the next one as well, with the work of others, and be told to run again,
/// for what they failed for may show others' rows (docs/REPLICATION.md, H4). By itself each fails alone and is told why.
///
/// Those that have taken long twice in succession: who was in the group before them would be answered as late as they are. One a node, used from
/// all its threads.
final class LoneStatements: Sendable {
    private static let capacity = 1024
    /// After so many runs a statement shares groups again: most of those of its shape may do no harm, and a group of its own
    /// is a flush of its own.
    private static let runsAfterConstraint = 1000
    /// A full disk looks like used-up rowids, and will have room again.
    private static let runsAfterFull = 100

    /// One that takes long may be brief with other values.
    private static let runsAfterLong = 100
    /// What takes no longer keeps nobody waiting: as long as a group may be (`DatabaseThread.Configuration`).
    private static let brief = Duration.milliseconds(20)

    /// By ``shape(of:)`` or ``CallSite/shape``.
    private struct Known {
        /// For how many runs more a statement, or closure, opens a group of its own.
        var runs: [UInt64: Int] = [:]
        /// Those that have taken long once: it may have been the machine.
        var suspects: Set<UInt64> = []
    }

    private let known = NIOLockedValueBox(Known())
    private let knowsAny = Atomic(false)
    private let hasSuspects = Atomic(false)

    /// Whether a statement opens a group of its own, as far as is known. Without a lock where nothing is known.
    func contains(_ statement: SessionStatement) -> Bool {
        guard statement.command.isWrite else { return false }
        if statement.endsGroups { return true }
        guard knowsAny.load(ordering: .relaxed) else { return false }
        return takeRun(of: Self.shape(of: statement.sql))
    }

    /// Whether the closures of a place in the embedding program open a group of their own, as far as is known.
    func contains(_ site: CallSite) -> Bool { knowsAny.load(ordering: .relaxed) && takeRun(of: site.shape) }

    private func takeRun(of shape: UInt64) -> Bool {
        known.withLockedValue { known in
            guard let left = known.runs[shape] else { return false }
            known.runs[shape] = left > 1 ? left - 1 : nil
            return true
        }
    }

    /// A statement has failed on the writer, for a reason of this code.
    func statementFailed(_ statement: SessionStatement, _ code: SQLState, on writer: WriterConnection) {
        guard !writer.isTransactionAlive, let runs = Self.runs(after: code) else { return }
        note(Self.shape(of: statement.sql), runs)
    }

    /// A statement has run on the writer since then, to its end or not.
    func statementRan(_ statement: SessionStatement, since began: ContinuousClock.Instant) {
        guard statement.command.isWrite else { return }
        let isLong = began.duration(to: .now) > Self.brief
        guard isLong || hasSuspects.load(ordering: .relaxed) else { return }
        ran(Self.shape(of: statement.sql), isLong)
    }

    private func ran(_ shape: UInt64, _ isLong: Bool) {
        let isLongAgain = known.withLockedValue { known in
            let wasLong = known.suspects.remove(shape) != nil || known.runs[shape] != nil
            if isLong, !wasLong {
                if known.suspects.count >= Self.capacity { known.suspects.removeAll(keepingCapacity: true) }
                known.suspects.insert(shape)
            }
            hasSuspects.store(!known.suspects.isEmpty, ordering: .relaxed)
            return isLong && wasLong
        }
        if isLongAgain { note(shape, Self.runsAfterLong) }
    }

    /// Runs a closure of the embedding program on the writer, and notes it if it takes long, or ends its group, whatever
    /// statement of it that was.
    func watching<Result>(_ site: CallSite, on writer: WriterConnection, _ body: () throws -> Result) throws -> Result {
        let began = ContinuousClock.now
        defer {
            let isLong = began.duration(to: .now) > Self.brief
            if isLong || hasSuspects.load(ordering: .relaxed) { ran(site.shape, isLong) }
        }
        do {
            let result = try body()
            // It has caught the error, and does not know what became of its transaction.
            if !writer.isTransactionAlive { note(site.shape, Self.runsAfterConstraint) }
            return result
        } catch {
            if !writer.isTransactionAlive, let runs = Self.runs(afterClosureThrew: error) { note(site.shape, runs) }
            throw error
        }
    }

    /// An error that is the program's own tells nothing of the statement's, which the closure has caught.
    private static func runs(afterClosureThrew error: any Error) -> Int? {
        switch error {
        case is DatabaseError, is SQLiteError, is TandemError, is CancellationError:
            runs(after: PostgresError(mapping: error).code)
        default: runsAfterConstraint
        }
    }

    private func note(_ shape: UInt64, _ runs: Int) {
        known.withLockedValue { known in
            // Which ones still come is not known: those that do are learned again.
            if known.runs.count >= Self.capacity, known.runs[shape] == nil {
                known.runs.removeAll(keepingCapacity: true)
            }
            known.runs[shape] = max(runs, known.runs[shape] ?? 0)
        }
        knowsAny.store(true, ordering: .relaxed)
    }

    /// For how many runs it is taken to fail again; nil where the failure tells nothing of the statement.
    private static func runs(after code: SQLState) -> Int? {
        if code.classCode == "23" { return runsAfterConstraint }
        return code == .diskFull ? runsAfterFull : nil
    }

    /// A number that statements share which differ in their literals alone, and now and then others: those lose nothing but
    /// the company of their group.
    private static func shape(of sql: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
        var isInString = false
        for byte in sql.utf8 {
            if byte == UInt8(ascii: "'") { isInString.toggle() }
            let isOfLiteral =
                isInString || byte == UInt8(ascii: "'") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            if isOfLiteral { continue }
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return hash
    }
}
