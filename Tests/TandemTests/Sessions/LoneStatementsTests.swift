import Foundation
import PostgresWire
import TandemSQLite
import Testing

@testable import Tandem

/// Which statements must not share a group with others, because they end it.
@Suite struct LoneStatementsTests {
    private let loners = LoneStatements()

    private func isKnown(_ sql: String) throws -> Bool {
        loners.contains(try QueryText.single(sql, parameterTypes: []))
    }

    /// Notes a failure on a writer whose transaction is gone with it.
    private func fail(_ sql: String, _ code: SQLState) throws {
        let path = NSTemporaryDirectory() + "tandem-group-loners-" + UUID().uuidString + ".sqlite"
        let writer = try WriterConnection.open(path: path)
        loners.statementFailed(try QueryText.single(sql, parameterTypes: []), code, on: writer)
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

    /// Once may have been the machine.
    @Test func whatTakesLongAgainIsKnown() throws {
        let statement = try QueryText.single("DELETE FROM t WHERE a > 7", parameterTypes: [])
        let others = try ["SELECT 1", "INSERT INTO t VALUES (1)"].map { try QueryText.single($0, parameterTypes: []) }
        let long = ContinuousClock.now - .seconds(1)
        for began in [long, .now, long] {
            loners.statementRan(statement, since: began)
            for other in others { loners.statementRan(other, since: .now) }
            #expect(!loners.contains(statement))
        }
        loners.statementRan(statement, since: long)
        #expect(try isKnown("DELETE FROM t WHERE a > 8"))
        var runs = 1
        while try isKnown("DELETE FROM t WHERE a > 7"), runs < 1000 { runs += 1 }
        #expect(runs < 1000)
        for other in others + others { loners.statementRan(other, since: long) }
        #expect(!loners.contains(others[0]) && loners.contains(others[1]))
    }

    @Test func theOutlookTellsOfEachStatementThatAClientHasSent() throws {
        func opensGroup(_ sql: String) throws -> Bool {
            var outlook = TransactionOutlook(isOpen: false, loners: loners)
            let prepared = try QueryText.single("INSERT OR ROLLBACK INTO t VALUES ($1)", parameterTypes: [])
            outlook.see(try QueryText.statements(sql)[...]) { $0 == "p" ? prepared : nil }
            return outlook.opensGroup
        }
        #expect(try opensGroup("INSERT INTO t VALUES (1); INSERT OR ROLLBACK INTO t VALUES (2)"))
        #expect(try opensGroup("EXECUTE p (1)"))
        #expect(try !opensGroup("INSERT INTO t VALUES (1); COMMIT; INSERT OR ROLLBACK INTO t VALUES (2)"))
    }
}
