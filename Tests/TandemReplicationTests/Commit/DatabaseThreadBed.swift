import Dispatch
import Foundation
import TandemLog
import TandemSQLite

@testable import TandemReplication

/// A database thread over a database with an empty table `book`, with the replication thread's part played by a test.
final class DatabaseThreadBed {
    static let epoch = Epoch(counter: 1, node: NodeID(UniqueID(high: 1, low: 2)))

    let thread: DatabaseThread
    private let folder = NSTemporaryDirectory() + "tandem-database-thread-" + UUID().uuidString
    private let proposer = PlayedProposer()

    static var history: EpochHistory {
        var history = EpochHistory()
        history.begin(epoch, at: 1)
        return history
    }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let connection = try WriterConnection.open(path: folder + "/db.sqlite")
        try connection.beginGroup(into: RecordBuffer(), segment: 1)
        try connection.beginTransaction()
        try connection.run("CREATE TABLE book (id INTEGER PRIMARY KEY)")
        _ = try connection.endTransaction()
        _ = try connection.takeRecords()
        try connection.commitGroup(applied: Position(epoch: Self.epoch, index: 1))
        let outcomes = proposer.outcomes
        thread = DatabaseThread(
            connection: connection, logDirectory: folder, proposer: proposer,
            completed: { items in
                outcomes.signal { known in
                    for item in items { known[ObjectIdentifier(item.transaction)] = Self.words(item.outcome) }
                }
            })
        thread.start()
        thread.open(segment: 1)
    }

    /// Hands all of them in at once.
    func submit(_ transactions: [TestTransaction]) {
        thread.monitor.signal { state in for transaction in transactions { state.waiting.append(transaction) } }
    }

    /// Makes one group of them, and returns when it was proposed.
    func submitTogether(_ transactions: [TestTransaction]) {
        submit(transactions)
        _ = proposer.proposed.wait { count -> Bool? in
            guard count > 0 else { return nil }
            count -= 1
            return true
        }
    }

    /// How a transaction ended, in a word; waits for it.
    func outcome(of transaction: any WriteTransaction) -> String {
        proposer.outcomes.wait(until: .now + .seconds(30)) { $0[ObjectIdentifier(transaction)] } ?? "not answered"
    }

    func stop() {
        thread.stop()
        thread.waitUntilStopped()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func words(_ outcome: CommitOutcome) -> String {
        switch outcome {
        case .committed(let position): "committed \(position.map { "\($0.index)" } ?? "-")"
        case .inDoubt(let position, _): "in doubt \(position.index)"
        case .failed(DatabaseThreadError.groupLost): "groupLost"
        case .failed(DatabaseThreadError.waitBrokenOff): "waitBrokenOff"
        case .failed(let error as LogError): "LogError \(error.code)"
        case .failed(let error): "\(error)"
        }
    }
}

/// Notes what is proposed.
final class PlayedProposer: GroupProposer {
    func drifted(_ drift: ContentDrift) {}
    let proposed = Monitor(0)
    let outcomes = Monitor<[ObjectIdentifier: String]>([:])

    func propose(_ group: GroupProposal) { proposed.signal { $0 += 1 } }
    func flushed(_ flush: LogFlush, _ result: Result<Void, LogError>) {}
    func caughtUp() {}
    func writesPaused() {}
    func shows(_ position: Position) {}
    func applied(_ position: Position) {}
    func databaseFailed(_ reason: any Error) {}
}

/// A transaction of one statement.
final class TestTransaction: WriteTransaction {
    let isInteractive = false
    let opensGroup: Bool
    let waitDeadline: ContinuousClock.Instant?
    let commitTimeout: Duration?
    private let statement: String
    private let begins: DispatchSemaphore?

    /// - Parameter begins: is signalled before the statement runs.
    init(
        _ statement: String, opensGroup: Bool = false, commitTimeout: Duration? = nil,
        waitDeadline: ContinuousClock.Instant? = nil, begins: DispatchSemaphore? = nil
    ) {
        self.statement = statement
        self.opensGroup = opensGroup
        self.begins = begins
        self.waitDeadline = waitDeadline
        self.commitTimeout = commitTimeout
    }

    func execute(on connection: WriterConnection) throws {
        begins?.signal()
        try connection.run(statement)
    }
    func commitIsWaiting(_ position: Position?) {}
    func turnIsWaiting() {}
    func threadStops() {}
}

extension WriterConnection {
    func run(_ sql: String) throws {
        guard let statement = try cachedStatement(sql) else { return }
        defer { giveBack(statement) }
        while try statement.step() {}
    }
}
