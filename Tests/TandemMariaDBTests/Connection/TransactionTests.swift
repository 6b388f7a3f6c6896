import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

struct TransactionTests {
    /// What tells the levels apart: whether it sees what others commit meanwhile, and whether it locks what it reads.
    @Test(arguments: [
        (IsolationLevel.readCommitted, true, false), (.repeatableRead, false, false), (.serializable, false, true),
        (.serverDefault, false, false),
    ]) func isolationLevelHoldsForOneTransaction(level: IsolationLevel, seesOthers: Bool, locks: Bool) async throws {
        let (connection, other) = (try await Bed.connection(), try await Bed.connection())
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INT PRIMARY KEY)")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1), (2)")
        for (isFirst, isolation) in [(true, level), (false, .serverDefault)] {
            try await connection.begin(isolation: isolation)
            let before = try await connection.value("SELECT MAX(i) FROM \(identifier: table)")
            var isLocked = false
            do {
                try await other.run("SELECT i FROM \(identifier: table) FOR UPDATE NOWAIT")
                try await other.run("INSERT INTO \(identifier: table) SELECT MAX(i) + 1 FROM \(identifier: table)")
            } catch let error as DatabaseError where error.code == .lockTimeout {
                isLocked = true
            }
            let after = try await connection.value("SELECT MAX(i) FROM \(identifier: table)")
            #expect(isLocked == (isFirst && locks))
            #expect((before != after) == (isFirst && seesOthers))
            _ = try await connection.commit()
        }
        await connection.close()
        await other.close()
    }

    /// Where the server is told to notice it, which is the default of later versions.
    @Test func whoWritesWhatHasChangedSinceItsSnapshotIsToldSo() async throws {
        let (connection, other) = (try await Bed.connection(), try await Bed.connection())
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INT)")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        try await connection.run("SET SESSION innodb_snapshot_isolation = ON")
        try await connection.begin(isolation: .repeatableRead)
        #expect(try await connection.value("SELECT i FROM \(identifier: table)") == .integer(1))
        try await other.run("UPDATE \(identifier: table) SET i = 2")
        let error = await #expect(throws: DatabaseError.self) {
            try await connection.run("UPDATE \(identifier: table) SET i = i + 10")
        }
        #expect(error?.code == .serializationFailure && error?.sqlState == "40001" && error?.isRetriable == true)
        try await connection.rollback()
        await connection.close()
        await other.close()
    }

    @Test func savepointsTakeBackWhatFollowedThem() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INT)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        try await connection.setSavepoint("a`b", deadline: Bed.soon)
        try await connection.run("INSERT INTO \(identifier: table) VALUES (2)")
        try await connection.rollback(toSavepoint: "a`b")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (4)")
        try await connection.releaseSavepoint("a`b")
        _ = try await connection.commit()
        #expect(try await connection.value("SELECT SUM(i) FROM \(identifier: table)") == .decimal(5))
        try await connection.begin()
        let gone = try await failure { try await connection.rollback(toSavepoint: "a`b") }
        #expect(gone.sqlState == "3B001")
        try await connection.rollback()
        await connection.close()
    }

    /// As on the other engines, though MariaDB would go on.
    @Test func failedStatementLeavesTheTransactionItsEndOrASavepoint() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INT PRIMARY KEY)")
        for saves in [true, false] {
            try await connection.begin()
            try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
            if saves { try await connection.setSavepoint("before", deadline: Bed.soon) }
            try await connection.run("INSERT INTO \(identifier: table) VALUES (2)")
            let error = try await failure { try await connection.run("INSERT INTO \(identifier: table) VALUES (2)") }
            #expect(error.code == .uniqueViolation)
            let next = try await failure { try await connection.run("SELECT 1") }
            #expect(next.code == .transactionAborted && next.sqlState == "25P02")
            let savepoint = try await failure { try await connection.setSavepoint("next", deadline: Bed.soon) }
            #expect(savepoint.code == .transactionAborted)
            if saves {
                try await connection.rollback(toSavepoint: "before")
                try await connection.run("INSERT INTO \(identifier: table) VALUES (4)")
                #expect(try await connection.commit() != nil)
                #expect(try await connection.value("SELECT SUM(i) FROM \(identifier: table)") == .decimal(5))
                try await connection.run("DELETE FROM \(identifier: table)")
            } else {
                let commit = try await failure { _ = try await connection.commit() }
                #expect(commit.code == .transactionAborted)
                #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(0))
            }
        }
        await connection.close()
    }

    @Test func transactionGoesOnAfterAFailedStatementWhereThatIsAskedFor() async throws {
        var options = MariaDBOptions()
        options.failedStatementAbortsTransaction = false
        let connection = try await Bed.connection(options: options)
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INT PRIMARY KEY)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        // Nothing is kept of a statement that fails in its middle.
        let error = try await failure {
            try await connection.run("INSERT INTO \(identifier: table) VALUES (2), (3), (1)")
        }
        #expect(error.code == .uniqueViolation)
        try await connection.run("INSERT INTO \(identifier: table) VALUES (4)")
        #expect(try await connection.commit() != nil)
        #expect(try await connection.value("SELECT SUM(i) FROM \(identifier: table)") == .decimal(5))
        await connection.close()
    }

    /// Unlike on the other engines a definition commits what was before it; what follows is one transaction again.
    @Test func definitionCommitsWhatWasBeforeIt() async throws {
        let connection = try await Bed.connection()
        let (table, second) = (Bed.table(), Bed.table())
        try await connection.run("CREATE TABLE \(identifier: table) (i INT)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        try await connection.run("CREATE TABLE \(identifier: second) (i INT)")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (2)")
        try await connection.rollback()
        #expect(try await connection.value("SELECT SUM(i) FROM \(identifier: table)") == .decimal(1))
        try await connection.begin()
        try await connection.run("DROP TABLE \(identifier: second)")
        #expect(try await connection.commit() != nil, "the position of what MariaDB committed by itself")
        await connection.close()
    }

    /// MariaDB has committed by then, and has no transaction any more.
    @Test func definitionThatFailsEndsTheTransactionThatGoesOnAfterFailures() async throws {
        var options = MariaDBOptions()
        options.failedStatementAbortsTransaction = false
        let connection = try await Bed.connection(options: options)
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INT)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        _ = try await failure { try await connection.run("CREATE TABLE \(identifier: table) (i INT)") }
        let next = try await failure { try await connection.run("INSERT INTO \(identifier: table) VALUES (2)") }
        #expect(next.code == .transactionAborted)
        try await connection.rollback()
        #expect(try await connection.value("SELECT SUM(i) FROM \(identifier: table)") == .decimal(1))
        await connection.close()
    }

    @Test(arguments: ["COMMIT", "ROLLBACK"]) func statementCannotEndTheTransaction(statement: String) async throws {
        let connection = try await Bed.connection()
        try await connection.begin()
        let error = try await failure { try await connection.run(Statement(statement)) }
        #expect(error.code == .illegalTransactionState)
        try await connection.rollback()
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    @Test func callsOutsideOfATransactionAreRefused() async throws {
        let connection = try await Bed.connection()
        #expect(try await failure { _ = try await connection.commit() }.code == .illegalTransactionState)
        #expect(
            try await failure { try await connection.setSavepoint("a", deadline: nil) }.code == .illegalTransactionState
        )
        try await connection.begin()
        #expect(try await failure { try await connection.begin() }.code == .illegalTransactionState)
        try await connection.rollback()
        await connection.close()
    }
}
