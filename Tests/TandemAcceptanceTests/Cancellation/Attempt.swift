import NIOConcurrencyHelpers
import Testing

@testable import TandemTransactions

/// One run of a scenario: which of its parts, each a transaction or a savepoint, it was told to be kept.
final class Attempt: Sendable {
    struct Intended: Error {}

    let database: Database
    let number: Int
    private let fuse: Fuse
    private let told = NIOLockedValueBox<[Int: TransactionOutcome]>([:])
    private let hooks = NIOLockedValueBox<[Int: TransactionOutcome]>([:])

    init(_ database: Database, number: Int, fuse: Fuse) {
        self.database = database
        self.number = number
        self.fuse = fuse
    }

    /// What the caller of each part was told.
    var outcomes: [Int: TransactionOutcome] { told.withLockedValue { $0 } }
    /// What the hooks of each part were told.
    var outcomesOfHooks: [Int: TransactionOutcome] { hooks.withLockedValue { $0 } }

    /// What is left of a session whose last commit's answer was lost.
    var unknownPosition: SessionPositions {
        get throws {
            let name = database.configuration.name
            return try #require(SessionPositions("\(name)=\(CommitPosition.unknown(database.engine))"))
        }
    }

    /// The program itself may be cancelled here.
    func point() { fuse.pass() }

    /// A row of a part; each part that is kept has the pieces 1 and 2.
    func insert(_ part: Int, _ piece: Int) async throws {
        try await database.execute("INSERT INTO part (run, part, piece) VALUES (\(number), \(part), \(piece))")
    }

    /// A part that is one statement without a transaction.
    func statement(_ part: Int) async throws {
        do {
            try await database.execute(
                "INSERT INTO part (run, part, piece) VALUES (\(number), \(part), 1), (\(number), \(part), 2)")
            told.withLockedValue { $0[part] = .committed }
        } catch {
            told.withLockedValue { $0[part] = Self.outcome(of: error) }
            throw error
        }
    }

    /// How many rows of a part the transaction sees.
    @discardableResult
    func count(_ part: Int) async throws -> Int? {
        try await database.queryOne(
            "SELECT COUNT(*) FROM part WHERE run = \(number) AND part = \(part)", as: Int.self)
    }

    func stream() -> RowStream<Int> { database.stream("SELECT i FROM series ORDER BY i", as: Int.self) }

    /// Runs a part in a transaction, or in a savepoint of the current one, and writes down how it ended.
    func part(
        _ part: Int, _ propagation: Propagation = .required, isolation: IsolationLevel = .serverDefault,
        _ body: () async throws -> Void
    ) async throws {
        do {
            try await database.transaction(propagation: propagation, isolation: isolation) {
                try Transaction.current?.afterCompletion { outcome in
                    self.hooks.withLockedValue { $0[part] = outcome }
                    self.point()
                }
                try await body()
                point()
            }
            told.withLockedValue { $0[part] = .committed }
        } catch {
            told.withLockedValue { $0[part] = Self.outcome(of: error) }
            throw error
        }
        point()
    }

    private static func outcome(of error: any Error) -> TransactionOutcome {
        switch (error as? DatabaseError)?.code {
        case .outcomeUnknown?: .unknown
        case .hookFailedAfterCommit?: .committed
        default: .rolledBack
        }
    }
}
