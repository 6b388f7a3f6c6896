import CTandemSQLite
import TandemLog

/// Adds up the rows of one table on a reader, in one state of the database, in steps.
public final class ContentReading {
    private let reader: ReaderConnection
    private let work: ContentWork
    private let kept: ContentSum
    private let scan: ContentScan
    private let index: LogIndex

    /// Begins, in a transaction of the reader; nil if the state that it sees is not the one that is asked about.
    ///
    /// - Throws: ``SQLiteError``.
    public init?(_ work: ContentWork, on reader: ReaderConnection) throws(SQLiteError) {
        self.reader = reader
        self.work = work
        try reader.beginRead()
        do throws(SQLiteError) {
            let handle = reader.connection.handle
            index = try reader.appliedPosition().position.index
            guard let entry = try ContentStore.read(work.table, handle), entry.generation == work.generation,
                let shape = try TableShapeReader(handle).read(work.table)
            else {
                reader.endRead()
                return nil
            }
            kept = entry.sum
            // The table of users is added up like all others.
            scan = try reader.connection.userTable.lift { () throws(SQLiteError) in try ContentScan(handle, shape) }
        } catch {
            reader.endRead()
            throw error
        }
    }

    deinit { reader.endRead() }

    /// Adds up some rows more.
    ///
    /// - Returns: the result, once there is one.
    public func step(rows: Int) throws(SQLiteError) -> ContentResult? {
        guard try scan.step(rows: rows) else { return nil }
        return ContentResult(work: work, kept: kept, found: scan.sum, index: index)
    }
}
