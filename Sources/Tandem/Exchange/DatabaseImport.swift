import Foundation
import TandemLog
import TandemReplication
import TandemSQLite

/// Makes an existing SQLite database a primary's: a data directory with a copy of it, of a group of its own.
public struct DatabaseImport: Sendable {
    /// What was imported.
    public struct Report: Sendable {
        /// The new group, of which the data directory is the first node.
        public var group: GroupID
        /// What works otherwise than before.
        public var remarks: [String]
    }

    /// The database's path.
    public var file: String

    /// Nothing is read yet.
    public init(_ file: String) { self.file = file }

    /// Looks whether the database can be replicated, on a copy of it that is removed again.
    ///
    /// - Parameter directory: where the copy is made; empty, or not there.
    /// - Returns: what will work otherwise than before.
    /// - Throws: ``TandemError`` that names all obstacles.
    public func rehearse(in directory: String) throws -> [String] {
        let founding = try Founding(directory)
        return try namingFull(founding) { try prepare(founding) }
    }

    /// Imports the database into `directory`, which must be empty or not there; it is left like that if that fails. The
    /// database itself, and what is beside it, stays as it is.
    ///
    /// - Throws: ``TandemError`` that says what is in the way.
    public func run(into directory: String) throws -> Report {
        let founding = try Founding(directory)
        let node = NodeID.random()
        let epoch = Epoch(counter: 1, node: node)
        let remarks = try namingFull(founding) {
            let remarks = try prepare(founding)
            // The database stands for the first record of the new log.
            try place(founding.database, at: Position(epoch: epoch, index: 1))
            return remarks
        }
        let group = try founding.finish(
            behind: LogEnd(index: 1, checksum: 0, epochCounter: 1), time: ReplicationDriver.wallClock,
            history: EpochHistory([.init(epoch: epoch, firstIndex: 1)]) ?? EpochHistory(), node: node, aboveEpoch: 1)
        return Report(group: group, remarks: remarks)
    }

    /// SQLite says that a disk is full, and not which file found no room: it is the copy.
    private func namingFull<Result>(_ founding: Founding, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            guard OpeningFailure(error) == .noRoom, !(error is LogError) else { throw error }
            throw TandemError(
                .unavailable, "the copy of it, \(founding.database), cannot be written: \(error)", cause: error)
        }
    }

    /// Makes Tandem's tables in it. The file is closed with the connection's last statement, when this returns.
    private func place(_ database: String, at position: Position) throws {
        let writer = try WriterConnection.open(path: database, options: .withoutNode)
        do {
            try writer.place(at: position)
            try writer.checkpointIfNeeded(evenIfShort: true)
            try writer.close()
        } catch {
            try? writer.close()  // The first error counts.
            throw error
        }
    }

    /// Copies the database and looks at the copy.
    private func prepare(_ founding: Founding) throws -> [String] {
        try ForeignDatabase(file).copy(to: founding.database)
        let copy = try DatabaseFile(founding.database, options: .withoutNode)
        let suitability = try copy.suitability()
        guard suitability.obstacles.isEmpty else {
            let list = suitability.obstacles.map { "\n  \($0)" }.joined()
            throw TandemError(.unavailable, "\(file) cannot be replicated:\(list)")
        }
        return suitability.remarks
    }
}
