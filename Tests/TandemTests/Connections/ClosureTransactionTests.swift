import Foundation
import GRDB
import TandemLog
import TandemReplication
import TandemSQLite
import Testing

@testable import Tandem

/// What a closure is told of a failure of its own, where its group has failed as well.
@Suite struct ClosureTransactionTests {
    private struct NotTold: Error {}

    /// - Parameters:
    ///   - own: what the closure throws.
    ///   - outcome: what the database thread says of it.
    private func told(_ own: any Error, of outcome: CommitOutcome) async throws -> any Error {
        let transaction = ClosureTransaction(commitTimeout: nil, waitDeadline: .now) { _ in throw own }
        try run(transaction)
        transaction.complete(outcome)
        do { _ = try await transaction.answer.value } catch { return error }
        throw NotTold()
    }

    /// Runs it as the database thread does.
    private func run(_ transaction: ClosureTransaction) throws {
        let path = NSTemporaryDirectory() + "tandem-closure-" + UUID().uuidString + ".sqlite"
        let connection = try WriterConnection.open(path: path)
        #expect(throws: (any Error).self) { try transaction.execute(on: connection) }
        try connection.close()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    private let lost = CommitOutcome.failed(DatabaseThreadError.groupLost("another transaction ended it"))

    /// A failure that shows a row.
    private let duplicate = DatabaseError(
        resultCode: .SQLITE_CONSTRAINT_UNIQUE, message: "UNIQUE constraint failed: book.title")

    private static let stops: [any Error] = [
        CancellationError(), DatabaseError(resultCode: .SQLITE_INTERRUPT, message: "interrupted"),
        SQLiteError(.cancelled, "interrupted"),
    ]

    /// It may be of a row of another transaction of the group, which never was.
    @Test func anOwnFailureIsNotToldOfAGroupThatIsLost() async throws {
        let error = try await told(duplicate, of: lost)
        #expect((error as? TandemError)?.code == .rolledBack, "\(error)")
        #expect(!"\(error)".contains("book"))
    }

    @Test func anOwnFailureIsToldWhereTheGroupIsKept() async throws {
        let error = try await told(duplicate, of: .failed(duplicate))
        #expect((error as? DatabaseError)?.message == duplicate.message, "\(error)")
    }

    /// It has ended its group itself then, and says nothing of others.
    @Test(arguments: stops) func thatItWasStoppedIsToldAlsoOfAGroupThatIsLost(own: any Error) async throws {
        let error = try await told(own, of: lost)
        #expect(type(of: error) == type(of: own), "\(error)")
    }

    @Test func whatIsInDoubtIsToldAsThatWhateverTheClosureSaid() async throws {
        let position = try #require(Position("7@00000000000000000000000000000001:3"))
        let error = try await told(CancellationError(), of: .inDoubt(position, .reignEnded("it is over")))
        #expect((error as? TandemError)?.code == .inDoubt && (error as? TandemError)?.position == position, "\(error)")
    }
}
