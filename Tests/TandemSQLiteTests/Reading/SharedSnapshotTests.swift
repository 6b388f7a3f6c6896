import Foundation
import Synchronization
import Testing

@testable import TandemSQLite

@Suite struct SharedSnapshotTests {
    private let pair: Pair
    private let reader: BriefReader
    private let begun = Counter()

    private final class Counter: Sendable {
        let count = Atomic(0)
        var value: Int { count.load(ordering: .relaxed) }
    }

    init() throws {
        pair = try Pair()
        try pair.run("CREATE TABLE a(id INTEGER PRIMARY KEY, x)", "INSERT INTO a VALUES (1, 'one')")
        reader = try BriefReader(path: pair.primaryPath)
        reader.snapshotBegan = { [begun] _ in begun.count.add(1, ordering: .relaxed) }
    }

    /// The number of rows; nil if the attempt failed.
    private func attempt(_ sql: String = "SELECT id FROM a WHERE id < 100") -> Int? {
        reader.beginAttempt(sql)
        var rows = 0
        do {
            let statement = try #require(try reader.cachedStatement(sql))
            defer { reader.giveBack(statement) }
            while try statement.step() { rows += 1 }
            guard case .done = reader.endAttempt(failed: false) else { return nil }
            return rows
        } catch {
            _ = reader.endAttempt(failed: true)
            return nil
        }
    }

    private var isInTransaction: Bool { reader.connection.isInTransaction }

    @Test func allStatementsUntilItIsEndedHaveOne() {
        for _ in 0..<10 { #expect(attempt() == 1) }
        #expect(begun.value == 1)
        #expect(isInTransaction)
        reader.endSnapshot()
        #expect(!isInTransaction)
        #expect(attempt() == 1)
        #expect(begun.value == 2)
    }

    @Test func eachCommitIsSeenByTheNextStatement() throws {
        for id in 2..<52 {
            #expect(attempt() == id - 1)
            try pair.run("INSERT INTO a VALUES (\(id), '')")
            #expect(attempt() == id)
        }
        // It was ended only once in all, whoever had to be renewed.
        #expect(begun.value == 1)
    }

    /// A portal is described by its first row, and executed in another attempt: its statement runs meanwhile.
    @Test func aStatementThatGoesOnKeepsNoOldStateForThoseBehindIt() throws {
        let sql = "SELECT id FROM a WHERE id > 0"
        try pair.run("INSERT INTO a VALUES (2, 'two')")
        reader.beginAttempt(sql)
        let described = try #require(try reader.cachedStatement(sql))
        #expect(try described.step())
        guard case .done = reader.endAttempt(failed: false) else {
            Issue.record("it was not described")
            return
        }
        try pair.run("INSERT INTO a VALUES (3, 'three')")
        reader.beginAttempt(sql)
        #expect(try described.step())
        // What it has begun with.
        #expect(try !described.step())
        reader.giveBack(described)
        guard case .done = reader.endAttempt(failed: false) else {
            Issue.record("it was not executed")
            return
        }
        #expect(attempt() == 3)
        #expect(isInTransaction)
        reader.endSnapshot()
        #expect(!isInTransaction)
    }

    @Test func aChangeOfTheSchemaIsSeen() throws {
        #expect(attempt() == 1)
        try pair.run("DROP TABLE a", "CREATE TABLE a(x, id)", "INSERT INTO a VALUES (7, 1), (7, 2)")
        #expect(attempt() == 2)
    }

    @Test func whatAnotherProgramCommitsIsSeen() throws {
        #expect(attempt() == 1)
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        other.arguments = [
            "python3", "-c",
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('INSERT INTO a VALUES (2, 0)'); c.commit()",
            pair.primaryPath,
        ]
        try other.run()
        other.waitUntilExit()
        #expect(other.terminationStatus == 0)
        #expect(attempt() == 2)
    }

    /// A reader that goes on with what it had would keep the write-ahead log from being begun anew, for ever if the loop is
    /// never without work.
    @Test func theLogIsBegunAnewThoughTheReaderNeverRests() throws {
        func fill(_ id: Int) throws { try pair.run("INSERT OR REPLACE INTO a VALUES (\(id), zeroblob(200000))") }
        try fill(2)
        let log = pair.primaryPath + "-wal"
        func size() throws -> Int { try #require(FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) }
        let before = try size()
        for _ in 0..<20 {
            try fill(2)
            #expect(attempt() == 2)
            #expect(try pair.primary.checkpointIfNeeded(evenIfShort: true))
            #expect(attempt() == 2)
        }
        #expect(try size() < 3 * before)
    }

    @Test func anAttemptThatFailsEndsIt() {
        #expect(attempt() == 1)
        #expect(attempt("SELECT count(*) FROM a") == nil)
        #expect(!isInTransaction)
        #expect(attempt() == 1)
        #expect(begun.value == 2)
    }

    @Test func aConnectionIsClosedWithIt() throws {
        #expect(attempt() == 1)
        try reader.close()
        reader.endSnapshot()
        // Nobody holds the log any more.
        #expect(try pair.primary.checkpointIfNeeded(evenIfShort: true))
    }

    @Test func withoutAnybodyToEndItEachStatementHasItsOwn() {
        reader.snapshotBegan = nil
        #expect(attempt() == 1)
        #expect(!isInTransaction)
    }
}
