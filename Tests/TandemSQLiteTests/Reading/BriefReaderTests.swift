import Foundation
import TandemLog
import Testing

@testable import TandemSQLite

@Suite struct BriefReaderTests {
    private let pair: Pair
    private let reader: BriefReader

    init() throws {
        pair = try Pair()
        try pair.run(
            "CREATE TABLE a(id INTEGER PRIMARY KEY, x, y TEXT AS (printf('%s', x)))",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO a SELECT i, i FROM n",
            "CREATE VIEW counted AS SELECT count(*) AS n FROM a", "CREATE VIRTUAL TABLE words USING fts5(w)")
        reader = try BriefReader(path: pair.primaryPath)
    }

    /// Runs all of a statement within an attempt.
    private func attempt(_ sql: String) -> (rows: Int, outcome: BriefReader.Outcome) {
        reader.beginAttempt(sql)
        var rows = 0
        do {
            let statement = try #require(try reader.cachedStatement(sql))
            defer { reader.giveBack(statement) }
            while try statement.step() { rows += 1 }
            return (rows, reader.endAttempt(failed: false))
        } catch {
            return (rows, reader.endAttempt(failed: true))
        }
    }

    private func isDone(_ sql: String) -> Bool {
        if case .done = attempt(sql).outcome { return true }
        return false
    }

    @Test(arguments: [
        "SELECT 1", "SELECT x, y FROM a WHERE id = 7", "SELECT upper(x) FROM a WHERE id < 10 ORDER BY x DESC",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT sum(i) FROM n",
    ])
    func whatIsBriefIsDone(_ sql: String) {
        // SQLite counts a kept statement's instructions over all of its runs.
        for _ in 0..<500 { #expect(isDone(sql)) }
    }

    @Test(arguments: [
        "SELECT x FROM a", "SELECT max(x + 0) FROM a",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n",
    ])
    func whatTakesManyInstructionsIsGivenUp(_ sql: String) {
        let (rows, outcome) = attempt(sql)
        guard case .exceeded = outcome else { return #expect(Bool(false), "\(outcome)") }
        #expect(rows < 1_000)
        #expect(isDone("SELECT 1"))
    }

    @Test(arguments: [
        "SELECT count(*) FROM a", "SELECT n FROM counted", "SELECT hex(randomblob(9))",
        "SELECT x FROM a WHERE y LIKE '%9'",
        "SELECT value FROM json_each('[1]')", "SELECT w FROM words WHERE words MATCH 'a'",
        "SELECT name FROM pragma_table_info('a')", "PRAGMA page_count", "SELECT tandem_session('user')",
        "SELECT load_extension('x')", "DELETE FROM a", "SELECT nothing FROM a",
    ])
    func whatMayTakeLongOrIsNoReadIsNotBegun(_ sql: String) {
        #expect(attempt(sql).rows == 0)
        #expect(!isDone(sql))
    }

    @Test func aViewThatComesToCallAnotherFunctionIsRefusedWhenItIsPreparedAnew() throws {
        try pair.run("CREATE VIEW changing AS SELECT upper(x) AS u FROM a WHERE id = 1")
        #expect(isDone("SELECT u FROM changing"))
        try pair.run("DROP VIEW changing", "CREATE VIEW changing AS SELECT hex(zeroblob(99)) AS u")
        #expect(!isDone("SELECT u FROM changing"))
    }

    @Test func aSchemaTooLargeToBeReadWithinBoundsIsReadElsewhere() throws {
        for number in 0..<300 { try pair.run("CREATE TABLE many\(number)(a, b)") }
        guard case .needsSchema = attempt("SELECT 1 FROM a WHERE id = 1").outcome else { return #expect(Bool(false)) }
        reader.beginTurn()
        #expect(!reader.hasRoom)
        reader.readSchema()
        reader.schemaWasRead()
        #expect(reader.hasRoom)
        #expect(isDone("SELECT 1 FROM a WHERE id = 1"))
    }

    @Test func aTurnHasRoomForSoMuch() {
        reader.beginTurn()
        var count = 0
        while reader.hasRoom, count < 1_000 {
            #expect(isDone("SELECT 1"))
            count += 1
        }
        #expect(10 < count && count < 1_000)
        reader.beginTurn()
        #expect(reader.hasRoom)
    }

    @Test func aValueThatIsTooLongIsNotRead() throws {
        try pair.run("CREATE TABLE b(x)", "INSERT INTO b VALUES (zeroblob(300000)), (zeroblob(3000))")
        #expect(!isDone("SELECT x FROM b WHERE rowid = 1"))
        #expect(isDone("SELECT x FROM b WHERE rowid = 2"))
    }

    @Test func nothingButTheStatementAttemptedIsPrepared() throws {
        reader.beginAttempt("SELECT 1")
        #expect(throws: SQLiteError.self) { try reader.cachedStatement("SELECT 2") }
        // Whoever ignores the error has no result all the same.
        guard case .exceeded = reader.endAttempt(failed: false) else { return #expect(Bool(false)) }
    }

    @Test func eachAttemptSeesWhatWasCommittedBefore() throws {
        for id in 3_000..<3_050 {
            try pair.run("INSERT INTO a(id) VALUES (\(id))")
            #expect(attempt("SELECT id FROM a WHERE id = \(id)").rows == 1)
        }
    }

    @Test func aPageThatIsNotInMemoryIsNotWaitedFor() throws {
        try pair.run(
            "CREATE TABLE big(id INTEGER PRIMARY KEY, x)",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO big SELECT i, zeroblob(4000) FROM n"
        )
        _ = try pair.primary.checkpointIfNeeded(evenIfShort: true)
        let sql = "SELECT length(x) FROM big WHERE id = 200"
        guard try forgetPages(of: pair.primaryPath) else { return }  // A file system in memory keeps them all.
        guard case .needsDisk = attempt(sql).outcome else { return #expect(Bool(false)) }
        // Elsewhere it is waited for; then it is there.
        let patient = try ReaderConnection(path: pair.primaryPath)
        let statement = try #require(try patient.cachedStatement(sql))
        #expect(try statement.step())
        patient.giveBack(statement)
        #expect(isDone(sql))
    }

    /// Asks the system to keep no page of a file in memory.
    ///
    /// - Returns: whether it does not.
    private func forgetPages(of path: String) throws -> Bool {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        fsync(file)
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
        let size = Int(lseek(file, 0, SEEK_END))
        let address = try #require(mmap(nil, size, PROT_READ, MAP_SHARED, file, 0))
        defer { munmap(address, size) }
        var pages = [UInt8](repeating: 1, count: (size + 4_095) / 4_096)
        guard mincore(address, size, &pages) == 0 else { return false }
        return pages.allSatisfy { $0 & 1 == 0 }
    }
}
