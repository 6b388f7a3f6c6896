import GRDB
import Tandem
import TandemEmbedded
import TandemTransactions
import Testing

/// What transactions see of what others commit meanwhile.
@Suite(.serialized) struct SnapshotTests {
    /// Decision 6: an outer transaction that has only read lets an inner one write.
    @Test(arguments: [IsolationLevel.serverDefault, .readCommitted, .repeatableRead, .serializable])
    func anInnerTransactionRunsWhileTheOuterHasOnlyRead(_ isolation: IsolationLevel) async throws {
        try await NodePair.with { pair in
            let (outer, inner) = (try await pair.connection(), try await pair.connection())
            try await outer.begin(isolation)
            #expect(try await outer.integer("SELECT copies FROM book WHERE id = 2") == 20)
            try await inner.begin(isolation)
            try await inner.run("UPDATE book SET copies = 22 WHERE id = 2")
            _ = try await inner.commit()
            if isolation == .repeatableRead || isolation == .serializable {
                #expect(try await outer.integer("SELECT copies FROM book WHERE id = 2") == 20)
                await expect(.serializationFailure, sqlState: "40001") {
                    try await outer.run("UPDATE book SET copies = 11 WHERE id = 1")
                }
                try await outer.rollback()
                #expect(try await pair.copies() == 10)
            } else {
                try await outer.run("UPDATE book SET copies = 11 WHERE id = 1")
                _ = try await outer.commit()
                #expect(try await pair.copies() == 11)
            }
            #expect(try await pair.copies(2) == 22)
        }
    }

    @Test func aSnapshotThatIsStillTheLatestMayWrite() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.begin(.serializable)
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 10)
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
            _ = try await connection.commit()
            #expect(try await pair.copies() == 11)
        }
    }

    @Test func aReadOnlyTransactionKeepsItsSnapshotAndRefusesWrites() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.begin(readOnly: true)
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 10)
            try await pair.primary.write { try $0.execute(sql: "UPDATE book SET copies = 15") }
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 10)
            await expect(.readOnlyTransaction, sqlState: "25006") { try await connection.run("DELETE FROM book") }
            try await connection.rollback()
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 15)
        }
    }

    /// What is read to be computed with, nobody changes meanwhile: as over the wire.
    @Test func whoLocksRowsKeepsOthersFromWriting() async throws {
        let impatient = { (configuration: inout NodeConfiguration) in configuration.lockTimeout = .milliseconds(300) }
        try await NodePair.with(impatient) { pair in
            let (first, second) = (try await pair.connection(), try await pair.connection())
            try await first.begin()
            #expect(try await first.integer("SELECT copies FROM book WHERE id = 1 FOR UPDATE") == 10)
            await expect(.lockTimeout, sqlState: "55P03") { try await second.run("UPDATE book SET copies = 12") }
            try await second.begin()
            await expect(.lockTimeout, sqlState: "55P03") {
                _ = try await second.integer("SELECT copies FROM book WHERE id = 1 FOR NO KEY UPDATE NOWAIT")
            }
            try await second.rollback()
            try await first.run("UPDATE book SET copies = 11 WHERE id = 1")
            _ = try await first.commit()
            #expect(try await pair.copies() == 11)
            // The writer is free again, and not waited for.
            try await second.begin()
            #expect(try await second.integer("SELECT copies FROM book WHERE id = 1 FOR UPDATE NOWAIT") == 11)
            try await second.rollback()
        }
    }

    /// Who may not write locks nothing, and reads.
    @Test func whereNothingMayBeWrittenNothingIsLocked() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1 FOR UPDATE") == 10)
            try await connection.begin(readOnly: true)
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1 FOR SHARE") == 10)
            try await pair.expectFreeWriter()
            try await connection.rollback()
            let replica = try await pair.connection(to: pair.replica)
            try await eventually("the replica has the books") {
                try await replica.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'book'") == 1
            }
            try await replica.begin()
            #expect(try await replica.integer("SELECT copies FROM book WHERE id = 1 FOR UPDATE") == 10)
            try await replica.rollback()
        }
    }
}
