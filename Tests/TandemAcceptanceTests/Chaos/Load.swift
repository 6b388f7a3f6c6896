import NIOConcurrencyHelpers
import TandemTestServers
import TandemTransactions
import Testing

/// Writers and readers that go on whatever happens to their servers, and what they were told.
///
/// Each writer inserts the numbers 1, 2, 3 … each in a transaction of its own and never again, whatever its outcome is.
/// The table has no unique key: what is run twice is there twice.
final class Load: Sendable {
    struct Row: Hashable, Sendable {
        var writer: Int
        var number: Int
    }

    struct State {
        var written: [TransactionOutcome: Set<Row>] = [:]
        var committedAt: [Int: ContinuousClock.Instant] = [:]
        var writeErrors: [any Error] = []
        var reads: [Int: Int] = [:]
        var readsOnReplica: [Int: Int] = [:]
        var readErrors: [(reader: Int, error: any Error)] = []
        /// What each writer was told of last as committed, and what its session has left for the next request.
        var latest: [Int: (row: Row, positions: SessionPositions)] = [:]
        var sessionReads: [Int: Int] = [:]
        var staleReads: [String] = []
        var isOver = false
    }

    static let writers = 4
    private static let readers = 6
    /// How long something may take that has no time of its own: beside other tests a server's start takes minutes.
    static let bound = Duration.seconds(300)

    private let database: Database
    /// Another instance of the same program, which reads what the writers of this one have written.
    let other: Database
    let state = NIOLockedValueBox(State())

    private init(_ database: Database, _ other: Database) {
        self.database = database
        self.other = other
    }

    /// Runs `body` under load, and ends the load then.
    ///
    /// - Parameter other: another instance of the program, whose readers know of a write what its session tells.
    static func run(
        on database: Database, and other: Database, _ body: (Load) async throws -> Void
    ) async throws -> Load {
        try await database.execute("CREATE TABLE entry (writer INTEGER NOT NULL, number INTEGER NOT NULL)")
        let load = Load(database, other)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers { group.addTask { await load.write(writer) } }
            for reader in 0..<readers { group.addTask { await load.read(reader) } }
            for writer in 0..<writers { group.addTask { await load.readAgain(writer) } }
            defer { load.state.withLockedValue { $0.isOver = true } }
            try await load.everyReader(reads: 20)
            try await load.everyWriterCommits()
            try await body(load)
        }
        return load
    }

    var isOver: Bool { state.withLockedValue { $0.isOver } }

    // MARK: Writing

    private func write(_ writer: Int) async {
        var number = 0
        while !isOver {
            number += 1
            let row = Row(writer: writer, number: number)
            do {
                let positions = try await DatabaseSession.with { session in
                    try await database.transaction {
                        try await database.execute(
                            "INSERT INTO entry (writer, number) VALUES (\(row.writer), \(row.number))")
                    }
                    return session.positions
                }
                state.withLockedValue { $0.latest[writer] = (row, positions) }
                ended(row, .committed, nil)
            } catch {
                let isUnknown = (error as? DatabaseError)?.code == .outcomeUnknown
                ended(row, isUnknown ? .unknown : .rolledBack, error)
            }
        }
    }

    private func ended(_ row: Row, _ outcome: TransactionOutcome, _ error: (any Error)?) {
        state.withLockedValue { state in
            state.written[outcome, default: []].insert(row)
            if let error { state.writeErrors.append(error) }
            if outcome == .committed { state.committedAt[row.writer] = .now }
        }
    }

    // MARK: Reading

    private func read(_ reader: Int) async {
        while !isOver {
            do {
                let reason = try await database.transaction(readOnly: true, freshness: .any) {
                    _ = try await database.query("SELECT 1", as: Int.self)
                    return Transaction.current?.routing
                }
                state.withLockedValue { state in
                    state.reads[reader, default: 0] += 1
                    if reason == .leastBusy { state.readsOnReplica[reader, default: 0] += 1 }
                }
            } catch {
                state.withLockedValue { $0.readErrors.append((reader, error)) }
            }
        }
    }
}

extension Load {
    // MARK: Waiting for it

    /// Until every reader has done so many reads more.
    func everyReader(reads count: Int, onReplica: Bool = false) async throws {
        let reads = { [state] in state.withLockedValue { onReplica ? $0.readsOnReplica : $0.reads } }
        let before = reads()
        do {
            try await waitUntil("\(count) reads more of every reader", timeout: Self.bound) {
                let now = reads()
                return (0..<Self.readers).allSatisfy { now[$0, default: 0] - before[$0, default: 0] >= count }
            }
        } catch {
            // What kept them from it is told, too.
            for failure in state.withLockedValue({ $0.readErrors }).suffix(3) { Issue.record(failure.error) }
            throw error
        }
    }

    /// Until every writer has been told of a commit.
    ///
    /// - Returns: when the first one was.
    @discardableResult
    func everyWriterCommits(since start: ContinuousClock.Instant = .now) async throws -> ContinuousClock.Instant {
        var first: ContinuousClock.Instant?
        try await waitUntil("a commit of every writer", timeout: Self.bound) {
            let commits = state.withLockedValue { $0.committedAt }.values.filter { $0 > start }
            if first == nil { first = commits.min() }
            return commits.count == Self.writers
        }
        return first ?? .now
    }

    /// Waits until every writer commits again, the first of them within 2 s: of these the layer's own timers take at most
    /// 1.1 (docs/TRANSACTIONS.md). What the machine itself is late meanwhile comes on top.
    ///
    /// - Parameter event: what has just happened, for who reads the output.
    func checkWritesResume(after event: String) async throws {
        let lateness = Lateness()
        let began = ContinuousClock.now
        let resumed = try await everyWriterCommits(since: began)
        let (time, late) = (began.duration(to: resumed), await lateness.stop(at: resumed))
        print("writes resumed \(time) after \(event); the machine was late by \(late)")
        #expect(time < .seconds(2) + min(late, .seconds(8)))
    }

    // MARK: What came of it

    func rows(_ outcome: TransactionOutcome) -> Set<Row> { state.withLockedValue { $0.written[outcome] ?? [] } }

    var writeErrors: [any Error] { state.withLockedValue { $0.writeErrors } }

    /// Whoever had a statement on a server that was killed is told so, at most once each time, and may run it again.
    func checkReadErrors(atMost count: Int) {
        let failures = Dictionary(grouping: state.withLockedValue { $0.readErrors }, by: \.reader)
        for (reader, failures) in failures {
            for failure in failures {
                #expect((failure.error as? DatabaseError)?.isRetriable == true, "reader \(reader): \(failure.error)")
            }
            #expect(failures.count <= count, "reader \(reader): \(failures.map(\.error))")
        }
    }

    /// What was acknowledged is there once, what failed is not there, what is in doubt at most once; and nothing else.
    ///
    /// - Parameter source: of the server that is the primary now.
    func checkRows(on source: any DataSource) async throws {
        let connection = try await source.connect(to: .primary, deadline: .now + .seconds(30))
        let result = try await connection.execute("SELECT writer, number FROM entry", deadline: .now + .seconds(30))
        var counts: [Row: Int] = [:]
        for row in result.rows {
            let (writer, number) = (try #require(Int(sqlValue: row[0])), try #require(Int(sqlValue: row[1])))
            counts[Row(writer: writer, number: number), default: 0] += 1
        }
        await connection.close()
        let doubled = counts.filter { $0.value != 1 }.keys
        #expect(doubled.isEmpty, "doubled: \(doubled)")
        let (kept, acknowledged) = (Set(counts.keys), rows(.committed))
        let (lost, invented) = (acknowledged.subtracting(kept), kept.intersection(rows(.rolledBack)))
        #expect(lost.isEmpty, "acknowledged and lost: \(lost)")
        #expect(invented.isEmpty, "failed and there: \(invented)")
        #expect(kept.subtracting(acknowledged).isSubset(of: rows(.unknown)))
        print("\(acknowledged.count) acknowledged, \(rows(.rolledBack).count) failed, \(rows(.unknown).count) in doubt")
    }
}
