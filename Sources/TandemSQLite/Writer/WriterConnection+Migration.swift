import CTandemSQLite
import GRDB
import TandemLog

extension WriterConnection {
    /// Runs GRDB's migrations, each a group of one transaction.
    ///
    /// A migrator begins and commits transactions by itself, so that groups cannot: instead each of its COMMITs first
    /// hands its record to `commit`, and goes on when that returns.
    ///
    /// - Parameters:
    ///   - migrator: must not have `eraseDatabaseOnSchemaChange`, which would replace the file past the log.
    ///   - segment: as in ``beginGroup(into:segment:)``, asked for before each transaction.
    ///   - commit: seals the records it is given, has them committed in the log and returns the position of the last.
    ///     If it throws, the migration is rolled back and the error is thrown here.
    /// - Throws: what the migrations and `commit` throw; ``SQLiteError``. Migrations before the failed one stay.
    public func migrate(
        _ migrator: DatabaseMigrator, segment: @escaping () -> UInt64,
        commit: @escaping (RecordBuffer) throws -> Position
    ) throws {
        guard group == .none, applier == nil else {
            throw SQLiteError(.engine, "A group is open, or the writer applies records.")
        }
        guard !migrator.eraseDatabaseOnSchemaChange else {
            throw SQLiteError(
                .refused, "A migrator with eraseDatabaseOnSchemaChange replaces the database's file past the log.")
        }
        try prepareMigrations(segment: segment(), commit: commit)
        let driver = TransactionDriver(self, segment: segment, commit: commit)
        capture.statements.driver = driver
        defer { capture.statements.driver = nil }
        do {
            try migrator.migrate(connection.queue)
        } catch {
            if isGroupOpen { try rollbackGroup() }
            throw driver.failure ?? error
        }
        if let failure = driver.failure { throw failure }
    }

    /// The migrator makes its table outside of any transaction, if it is not there.
    private func prepareMigrations(segment: UInt64, commit: (RecordBuffer) throws -> Position) throws {
        try beginGroup(into: RecordBuffer(), segment: segment)
        do {
            try transaction {
                try $0.execute(
                    sql: "CREATE TABLE IF NOT EXISTS grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
            }
            let records = try takeRecords()
            if records.recordCount == 0 { return try rollbackGroup() }
            try commitGroup(applied: commit(records))
        } catch {
            try rollbackGroup()
            throw error
        }
    }
}

/// Makes a group of one transaction out of each transaction that somebody else begins and commits on the writer.
final class TransactionDriver {
    private unowned let writer: WriterConnection
    private let segment: () -> UInt64
    private let commit: (RecordBuffer) throws -> Position
    private var position: Position?
    /// Why a COMMIT was refused.
    private(set) var failure: (any Error)?

    init(
        _ writer: WriterConnection, segment: @escaping () -> UInt64, commit: @escaping (RecordBuffer) throws -> Position
    ) {
        self.writer = writer
        self.segment = segment
        self.commit = commit
    }

    /// BEGIN has run.
    func transactionBegan() {
        do {
            try writer.adoptGroup(into: RecordBuffer(), segment: segment())
            try writer.beginTransaction()
        } catch {
            failure = error
        }
    }

    /// COMMIT is about to run: it goes on only if `allowsCommit` is set here.
    func transactionCommits() {
        guard failure == nil else { return }
        do {
            let hasRecord = try writer.endTransaction()
            let records = try writer.takeRecords()
            if hasRecord {
                let position = try commit(records)
                self.position = position
                try writer.write(AppliedState(position: position))
            }
            writer.capture.allowsCommit = true
        } catch {
            failure = error
        }
    }

    /// COMMIT has run.
    func transactionCommitted() {
        writer.capture.allowsCommit = false
        guard failure == nil else { return }
        writer.groupCommitted(position.map(AppliedState.init) ?? writer.applied)
        position = nil
    }

    /// The transaction was rolled back.
    func transactionRolledBack() { writer.groupVanished() }
}
