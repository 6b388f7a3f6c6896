import ArgumentParser
import Foundation
import TandemLog

/// `tandem log`: the log for people, as JSON lines for programs, its checksums verified, or pruned.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Print a node's log, verify it, or prune it.",
        usage: """
            tandem log [--from <from>] [--to <to>] [--json] <directory>
            tandem log --verify [--json] <directory>
            tandem log prune ...
            """,
        discussion: PrintLogCommand.configuration.discussion + """


            --from and --to are the first and the last record to print; --json prints one object a line, for programs. \
            --verify checks every checksum instead, and says the first bad file and offset; the exit code is 1 if there \
            is one.
            """,
        subcommands: [PrintLogCommand.self, PruneLogCommand.self], defaultSubcommand: PrintLogCommand.self)
}

/// `tandem log DIR`.
struct PrintLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print",
        abstract: "Print a node's log, or verify it.",
        discussion: """
            DIR is a log directory (DATA/log), a data directory, or one file: a segment, a tail that was cut off and kept \
            (DATA/divergent/…), or a file of an archive. It may be read while the node runs.
            """)

    @Argument(help: "The log's directory, the data directory, or one file.", completion: .directory)
    var directory: String

    @Option(help: "The first record to print. (default: the first there is)")
    var from: UInt64?

    @Option(help: "The last record to print; the log may end before. (default: the last there is)")
    var to: UInt64?

    @Flag(help: "One JSON object a line, for programs; with --verify one for the whole log.")
    var json = false

    @Flag(help: "Check every checksum; say the first bad file and offset. The exit code is 1 if there is one.")
    var verify = false

    func validate() throws {
        if let from, let to, from > to { throw ValidationError("--from \(from) is behind --to \(to)") }
    }

    func run() throws {
        if verify { return try verifyLog() }
        let printer: any RecordPrinter = json ? JSONRecordPrinter() : TextRecordPrinter()
        let reader = try openReader()
        let decoder = try ChangeDecoder(
            tables: tablesOfKeptTail(reader) ?? tablesOfArchivedFile() ?? reader.tables)
        var epochs = reader.historyAtStart
        while to.map({ reader.nextIndex.rawValue <= $0 }) ?? true, let batch = try reader.next() {
            for beginning in batch.epochs where epochs.lastEpoch.map({ $0 < beginning.epoch }) ?? true {
                epochs.begin(beginning.epoch, at: beginning.index)
            }
            try batch.forEachRecord { record in
                let isWanted = from.map { record.index.rawValue >= $0 } ?? true
                let changes = try decoder.changes(of: record)
                guard isWanted, to.map({ record.index.rawValue <= $0 }) ?? true else { return }
                try printer.print(
                    record, epoch: epochs.epoch(at: record.index), changes: changes, tables: decoder.tables)
            }
        }
        if let tail = reader.tornTail {
            NodeRunner.warn(
                "behind record \(reader.nextIndex.previous) lie \(tail.byteCount) bytes that are no whole record (\(tail.file), offset \(tail.offset): \(tail.reason)): what a crash leaves, which the node's next start cuts off, or what it is just writing"
            )
        }
    }

    private var path: String {
        FileManager.default.fileExists(atPath: directory + "/node.state") ? directory + "/log" : directory
    }

    private func openReader() throws -> LogReader {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw ValidationError("there is no log at \(directory)")
        }
        guard isDirectory.boolValue else {
            guard try isLogFile(path) else {
                throw ValidationError(
                    "\(directory) is no file of a log; say the data directory, its log/, or a file of log/ or divergent/"
                )
            }
            let name = URL(fileURLWithPath: path).lastPathComponent
            return try LogReader(
                file: path, mayBeTorn: ArchiveName(name) == nil && !name.hasPrefix("divergent-"))
        }
        if let from { return try LogReader(directory: path, from: LogIndex(from)) }
        return try LogReader(directory: path)
    }

    /// The tables that a kept tail's changes name: they were defined in the part of the log that it was cut from.
    private func tablesOfKeptTail(_ reader: LogReader) throws -> TableDefinitions? {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        guard folder.lastPathComponent == "divergent", reader.nextIndex.rawValue > 1 else { return nil }
        let last = LogIndex(reader.nextIndex.rawValue - 1)
        let log = folder.deletingLastPathComponent().appendingPathComponent("log").path
        // What was kept can be moved elsewhere, and the log pruned: then the definitions are gone.
        guard let before = try? LogReader(directory: log, from: last) else { return nil }
        let decoder = ChangeDecoder(tables: before.tables)
        while let batch = try before.next(through: last) {
            try batch.forEachRecord { record in
                if record.index <= last { _ = try decoder.changes(of: record) }
            }
        }
        return decoder.tables
    }

    /// The tables that an archived file's changes name: they were defined in the files before it.
    private func tablesOfArchivedFile() throws -> TableDefinitions? {
        let file = URL(fileURLWithPath: path)
        guard let name = ArchiveName(file.lastPathComponent) else { return nil }
        var fault: LogError?
        do {
            // What is damaged elsewhere is nothing to this file, unless its tables were defined there.
            let (archive, faults) = try Archive.readable(in: file.deletingLastPathComponent().path)
            fault = faults.first
            guard let history = archive.files.first(where: { $0.name == name })?.history else { return nil }
            return try tables(
                through: name.first.previous, of: archive, on: ArchiveLine(history: history, last: name.last))
        } catch let error as LogError {
            // A file that lies by itself is printed as far as it defines its tables.
            if error.code == .missing, fault == nil { return nil }
            NodeRunner.warn(
                "the definitions of tables before this file cannot be read, and without them no change of these tables can be: \(fault ?? error)"
            )
            return nil
        }
    }

    /// The tables defined up to record `last` of an archive.
    private func tables(
        through last: LogIndex, of archive: Archive, on line: ArchiveLine
    ) throws -> TableDefinitions {
        let before = try ArchiveReader(archive, on: line, behind: last)
        let decoder = ChangeDecoder()
        while before.nextIndex <= last, let batch = try before.next() {
            try batch.forEachRecord { record in
                if record.index <= last { _ = try decoder.changes(of: record) }
            }
        }
        return decoder.tables
    }

    /// Whether a file is a segment or a kept tail, though it may be damaged.
    private func isLogFile(_ path: String) throws -> Bool {
        if path.hasSuffix(".tandemlog") { return true }
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        return try file.read(upToCount: 8) == Data("TANDEMLG".utf8)
    }

    private func verifyLog() throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw ValidationError("--verify checks a whole log: say the data directory or its log/, not \(directory)")
        }
        let report = try LogVerifier(directory: path).run()
        let printer = VerificationPrinter(report: report)
        if json { try printer.printJSON() } else { printer.printText() }
        guard report.isSound else { throw ExitCode.failure }
    }
}

extension ChangeDecoder {
    /// The changes of a transaction's record; none for others.
    fileprivate func changes(of record: Record) throws -> [Change] {
        guard record.kind == .transaction else { return [] }
        begin(record)
        var changes: [Change] = []
        while let view = try next() { changes.append(Change(view, tables: tables)) }
        return changes
    }
}
