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
}
