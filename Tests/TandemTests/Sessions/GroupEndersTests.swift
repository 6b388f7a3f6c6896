import Foundation
import PostgresWire
import TandemSQLite
import Testing

@testable import Tandem

/// Which statements must not share a group with others, because they end it.
@Suite struct GroupEndersTests {
    private let enders = GroupEnders()

    private func isKnown(_ sql: String) throws -> Bool {
        enders.contains(try QueryText.single(sql, parameterTypes: []))
    }

    /// Notes a failure on a writer whose transaction is gone with it.
    private func fail(_ sql: String, _ code: SQLState) throws {
        let path = NSTemporaryDirectory() + "tandem-group-enders-" + UUID().uuidString + ".sqlite"
        let writer = try WriterConnection.open(path: path)
        enders.statementFailed(try QueryText.single(sql, parameterTypes: []), code, on: writer)
        try writer.close()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    @Test(arguments: [
        ("INSERT OR ROLLBACK INTO t VALUES (1)", true), ("update or /* so */ Rollback t SET a = 1", true),
        ("INSERT OR IGNORE INTO t VALUES (' or rollback ')", false), ("INSERT INTO t VALUES (1)", false),
        ("SELECT 1 OR ROLLBACK", false),
    ]) func whoSaysOrRollbackIsKnownFromTheStart(_ sql: String, _ expected: Bool) throws {
        #expect(try isKnown(sql) == expected)
    }

    @Test func whatHasEndedAGroupIsKnownWhateverItsLiterals() throws {
        try fail("INSERT INTO t VALUES (7, 'it''s')", .uniqueViolation)
        #expect(try isKnown("INSERT INTO t VALUES (12, 'another')"))
        #expect(try !isKnown("INSERT INTO other VALUES (7, 'it''s')"))
        #expect(try !isKnown("SELECT * FROM t"))
    }

    @Test(arguments: [SQLState.serializationFailure, .queryCanceled, .ioError, .outOfMemory])
    func whatTellsNothingOfTheStatementIsNotNoted(_ code: SQLState) throws {
        try fail("INSERT INTO t VALUES (7)", code)
        #expect(try !isKnown("INSERT INTO t VALUES (7)"))
    }

    /// Nothing tells used-up rowids from a full disk, which may have room again.
    @Test func whatLookedLikeAFullDiskSharesGroupsAgainAfterAWhile() throws {
        try fail("INSERT INTO t VALUES (7)", .diskFull)
        var runs = 0
        while try isKnown("INSERT INTO t VALUES (7)"), runs < 1000 { runs += 1 }
        #expect(runs > 0 && runs < 1000)
    }

    @Test func theOutlookTellsOfEachStatementThatAClientHasSent() throws {
        func mayEndGroup(_ sql: String) throws -> Bool {
            var outlook = TransactionOutlook(isOpen: false, enders: enders)
            let prepared = try QueryText.single("INSERT OR ROLLBACK INTO t VALUES ($1)", parameterTypes: [])
            outlook.see(try QueryText.statements(sql)[...]) { $0 == "p" ? prepared : nil }
            return outlook.mayEndGroup
        }
        #expect(try mayEndGroup("INSERT INTO t VALUES (1); INSERT OR ROLLBACK INTO t VALUES (2)"))
        #expect(try mayEndGroup("EXECUTE p (1)"))
        #expect(try !mayEndGroup("INSERT INTO t VALUES (1); COMMIT; INSERT OR ROLLBACK INTO t VALUES (2)"))
    }
}
