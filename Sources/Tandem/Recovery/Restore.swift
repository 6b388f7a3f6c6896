import TandemLog
import TandemSQLite

/// Makes a new data directory of a backup and an archived log, as the group was at one moment (docs/OPERATIONS.md).
public struct Restore: Sendable {
    /// Where to stop.
    public enum Target: Sendable, Hashable {
        /// At the end of the newest history that holds the backup.
        case latest
        /// Behind this record.
        case index(LogIndex)
        /// Behind the last record that was committed then or before, in microseconds since 1970.
        case time(UInt64)
    }

    /// What was restored, or would be.
    public struct Report: Sendable {
        /// The last record that is in the backup alone.
        public var backup: Position
        /// The last record that is in the database.
        public var position: Position
        /// When that was committed, in microseconds since 1970; nil where nothing tells.
        public var time: UInt64?
        /// Of the new data directory; nil in a dry run.
        public var group: GroupID?
        /// What one should know.
        public var remarks: [String]
    }

    /// The path of the backup: what `tandem backup` has made, a file or a directory.
    public var backup: String
    /// The archive's directory; nil for none: then it is the backup alone.
    public var archive: String?
    /// Where to stop.
    public var target: Target

    /// Nothing is read yet. By default everything is restored that the archive has.
    public init(backup: String, archive: String?, target: Target = .latest) {
        self.backup = backup
        self.archive = archive
        self.target = target
    }

    /// Reads, and checks, all that would be restored.
    ///
    /// - Throws: ``TandemError``, `LogError`, `SQLiteError` that say why it cannot be restored.
    public func rehearse() throws -> Report {
        let source = try BackupSource(backup)
        var plan = try plan(source)
        try plan.read { _, _ in }
        return try report(plan, source)
    }

    /// Restores into `directory`, which must be empty or not there; it is left like that if that fails.
    ///
    /// - Throws: ``TandemError``, `LogError`, `SQLiteError` that say why it cannot be restored.
    public func run(into directory: String) throws -> Report {
        let founding = try Founding(directory)
        let source = try BackupSource(backup)
        var plan = try plan(source)
        var history = plan.line.history
        try source.copy(to: founding.database)
        let database = try RestoredDatabase(founding.database)
        do {
            try plan.read { [history] batch, last in try database.apply(batch, through: last, history: history) }
            try database.finish(at: plan.position)
        } catch {
            database.giveUp()
            throw error
        }
        var report = try report(plan, source)
        report.remarks += database.remarks
        history.cut(above: plan.end.index)
        report.group = try founding.finish(
            behind: plan.end, time: plan.time ?? 0, history: history, aboveEpoch: plan.highestCounter)
        return report
    }

    private func plan(_ source: BackupSource) throws -> RestorePlan {
        let files = try Archive(directory: archive, adding: source.segment.map { [$0] } ?? [])
        return try RestorePlan(files, from: source.position, to: target)
    }

    private func report(_ plan: RestorePlan, _ source: BackupSource) throws -> Report {
        Report(
            backup: source.position, position: try plan.position, time: plan.time, group: nil,
            remarks: plan.remarks)
    }
}
