import CTandemSQLite

/// How much a ``BriefReader`` may do, for one statement and for all of a turn. SQLite asks now and then whether it may go
/// on.
///
/// Instructions are counted, not time: on a machine with much to do a thread may stand still in the middle of the shortest
/// statement. Used by the thread that uses the connection.
final class ReadBudget {
    /// SQLite asks after so many of its instructions, two to five microseconds. It counts those of a kept statement over
    /// all of its runs, so that a short one is asked about now and then, too.
    private static let instructionsBetweenLooks: Int32 = 100
    /// So often one attempt may go on: 1,000 instructions take about as long as handing a statement to another thread and
    /// back.
    private static let looksAnAttempt = 10
    /// So often all attempts of a turn may go on.
    private static let looksATurn = 20
    /// How many attempts a turn may have.
    private static let attemptsATurn = 64
    /// Instructions are not all of one length: an attempt may use so much of the processor from its first look on.
    private static let maximumNanoseconds: UInt64 = 500_000

    /// Whether everything may go on for as long as it takes.
    var isLifted = false
    private var attempts = 0
    private var looksOfTurn = 0
    private var looks = 0
    private var firstLook: UInt64 = 0

    /// Makes `connection` keep to it, for as long as the budget lives.
    func install(on connection: OpaquePointer) {
        sqlite3_progress_handler(
            connection, Self.instructionsBetweenLooks,
            { context in
                guard let context else { return 0 }
                return Unmanaged<ReadBudget>.fromOpaque(context).takeUnretainedValue().mayGoOn() ? 0 : 1
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    func turnBegins() {
        attempts = 0
        looksOfTurn = 0
    }

    /// Whether the turn has room for another attempt.
    var hasRoom: Bool { attempts < Self.attemptsATurn && looksOfTurn < Self.looksATurn }

    func attemptBegins() {
        attempts += 1
        looks = 0
    }

    private func mayGoOn() -> Bool {
        if isLifted { return true }
        looks += 1
        looksOfTurn += 1
        let used = ProcessorTime.ofThread
        if looks == 1 { firstLook = used }
        return looks <= Self.looksAnAttempt && used &- firstLook < Self.maximumNanoseconds
    }
}
