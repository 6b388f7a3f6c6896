import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// A primary's database and a replica's: what one commits, the other applies.
final class Pair {
    let directory: URL
    let primary: WriterConnection
    let replica: WriterConnection
    let epoch = Epoch(counter: 1, node: NodeID(UniqueID(high: 1, low: 2)))
    private(set) var end = LogEnd.empty
    private(set) var batches: [RecordBatch] = []
    /// Transactions in a group that is open.
    private var isGroupOpen = false
    var segment: UInt64 = 1

    init(options: ConnectionOptions = ConnectionOptions()) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        primary = try .open(path: directory.appendingPathComponent("primary.db").path, options: options)
        replica = try .open(path: directory.appendingPathComponent("replica.db").path, options: options)
        try replica.startApplying()
    }

    deinit {
        try? primary.close()
        try? replica.close()
        try? FileManager.default.removeItem(at: directory)
    }

    var primaryPath: String { directory.appendingPathComponent("primary.db").path }

    var history: EpochHistory {
        get throws { try #require(EpochHistory([.init(epoch: epoch, firstIndex: 1)])) }
    }

    /// Runs `body` as a group, commits it, and applies its records.
    ///
    /// - Returns: how many records there were.
    @discardableResult
    func group(_ body: (WriterConnection) throws -> Void) throws -> Int {
        try primary.beginGroup(into: RecordBuffer(), segment: segment)
        do {
            try body(primary)
            let count = try commit()
            return count
        } catch {
            try primary.rollbackGroup()
            throw error
        }
    }

    private func commit() throws -> Int {
        let records = try primary.takeRecords()
        let count = records.recordCount
        let position = try log(records)
        try primary.commitGroup(applied: position)
        if count > 0 { try applyLast() }
        return count
    }

    /// Gives the records their place in the log.
    private func log(_ records: RecordBuffer) throws -> Position {
        var records = records
        let position = Position(epoch: epoch, index: end.index.advanced(by: records.recordCount))
        guard records.recordCount > 0 else { return position }
        let checksum = records.seal(
            epochCounter: 1, firstIndex: end.index.next, time: 1, previousChecksum: end.checksum, beginsSegment: false)
        batches.append(try records.takeBatch())
        end = LogEnd(index: position.index, checksum: checksum, epochCounter: 1)
        return position
    }

    private func applyLast() throws {
        let batch = try #require(batches.last)
        try replica.apply(batch, through: batch.lastIndex, history: history)
    }

    /// Applies records that the primary has not made, such as a former version's.
    func apply(_ records: RecordBuffer) throws {
        _ = try log(records)
        try applyLast()
    }

    /// Runs migrations on the primary and applies them at the replica.
    func migrate(_ migrator: DatabaseMigrator) throws {
        let before = batches.count
        defer {
            for batch in batches[before...] {
                #expect(throws: Never.self) { try replica.apply(batch, through: batch.lastIndex, history: history) }
            }
        }
        try primary.migrate(migrator, segment: { self.segment }, commit: { try self.log($0) })
    }

    /// Runs each text as one transaction in a group of its own.
    func run(_ texts: String...) throws {
        for sql in texts {
            try group { writer in try writer.transaction { try $0.execute(sql: sql) } }
        }
    }

    /// Runs a transaction whose statements may fail, each on its own.
    func runEach(_ statements: [String]) throws {
        try group { writer in
            try writer.transaction { database in
                for sql in statements { try? database.execute(sql: sql) }
            }
        }
    }

    func checkEqual(_ location: SourceLocation = #_sourceLocation) throws {
        let (own, other) = (try DatabaseDump(primary).lines(), try DatabaseDump(replica).lines())
        if own != other {
            let missing = own.filter { !other.contains($0) }
            let extra = other.filter { !own.contains($0) }
            Issue.record(
                "The replica lacks \(missing.prefix(8)) and has \(extra.prefix(8)) too many.", sourceLocation: location)
        }
        for writer in [primary, replica] {
            let answer = try writer.withDatabase { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
            #expect(answer == "ok", sourceLocation: location)
        }
        try checkContent(location)
    }

    /// Looks whether the sums that are kept are those of the rows, on both.
    func checkContent(_ location: SourceLocation = #_sourceLocation) throws {
        for (writer, path) in [(primary, primaryPath), (replica, replicaPath)] {
            try scanContent(writer, path)
            let contents = try #require(writer.contents, sourceLocation: location)
            for table in contents.tables.values {
                let shape = try #require(try contents.shapes.read(table.name), sourceLocation: location)
                let sum = try ContentScan.sum(contents.handle, shape)
                #expect(
                    table.isKnown && table.sum == sum,
                    "\(table.name): kept \(table.sum), found \(sum), known \(table.isKnown)", sourceLocation: location)
            }
            #expect(writer.takeNewDrifts().isEmpty, sourceLocation: location)
        }
        let sums = [primary, replica].map { $0.contents?.tables.mapValues(\.sum) }
        #expect(sums[0] == sums[1], sourceLocation: location)
    }

    var replicaPath: String { directory.appendingPathComponent("replica.db").path }

    /// Adds up what is to be added up, as a node does beside its work.
    func scanContent(_ writer: WriterConnection, _ path: String) throws {
        let work = try writer.contentWork()
        guard !work.isEmpty else { return }
        let reader = try ReaderConnection(path: path)
        defer { try? reader.close() }
        for item in work {
            let reading = try #require(try ContentReading(item, on: reader))
            while true {
                guard let result = try reading.step(rows: 3) else { continue }
                try writer.take(result)
                break
            }
        }
    }

    func rows(_ sql: String) throws -> [String] {
        try replica.withDatabase {
            try Row.fetchAll($0, sql: sql).map { row in
                row.databaseValues.map { value in value.isNull ? "NULL" : String(describing: value.storage.value ?? "")
                }.joined(separator: "|")
            }
        }
    }

    /// The changes in the last group's records.
    func lastChanges() throws -> [Change] {
        let decoder = ChangeDecoder()
        var changes: [Change] = []
        for batch in batches {
            try batch.forEachRecord { record in
                if record.index >= (batches.last?.firstIndex ?? .zero) { changes = changes.isEmpty ? [] : changes }
                decoder.begin(record)
                while let change = try decoder.next() {
                    let owned = Change(change, tables: decoder.tables)
                    if record.index >= (batches.last?.firstIndex ?? .zero) { changes.append(owned) }
                }
            }
        }
        return changes
    }
}
