import Tandem
import TandemEmbedded
import TandemTransactions
import Testing

@Suite(.serialized) struct PositionTests {
    @Test func aReplicaRefusesWritesAndShowsOwnOnesAfterWaiting() async throws {
        try await NodePair.with { pair in
            let (connection, replica) = (try await pair.connection(), try await pair.connection(to: pair.replica))
            await expect(.readOnlyTransaction, sqlState: "25006") { try await replica.run("DELETE FROM book") }
            try await replica.begin()
            await expect(.readOnlyTransaction, sqlState: "25006") { try await replica.run("DELETE FROM book") }
            try await replica.rollback()
            for copies in 100..<150 {
                try await connection.begin()
                try await connection.run("UPDATE book SET copies = \(copies) WHERE id = 1")
                let position = try #require(try await connection.commit())
                #expect(try await replica.waitUntilReached(position, deadline: .now + .seconds(10)))
                #expect(try await replica.integer("SELECT copies FROM book WHERE id = 1") == copies)
                let reached = try #require(try await replica.status(deadline: nil).position)
                #expect(EmbeddedDataSource(pair.primary).isReached(position, by: reached) == true)
            }
            let status = try await replica.status(deadline: nil)
            #expect(status.role == .replica)
            #expect(try await connection.status(deadline: nil).role == .primary)
        }
    }

    @Test func aPositionThatNeverComesIsWaitedForUntilTheDeadline() async throws {
        try await NodePair.with { pair in
            let replica = try await pair.connection(to: pair.replica)
            let position = try #require(try await pair.connection().status(deadline: nil).position)
            let colon = try #require(position.text.lastIndex(of: ":"))
            let far = CommitPosition(.tandem, position.text[...colon] + "1000000")
            #expect(try await replica.waitUntilReached(far, deadline: .now + .milliseconds(50)) == false)
            let waiting = Task { try await replica.waitUntilReached(far, deadline: .now + .seconds(60)) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        }
    }
}
