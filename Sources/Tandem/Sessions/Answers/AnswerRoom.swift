import NIOConcurrencyHelpers
import PostgresWire

/// Where answers are kept that cannot be sent yet.
struct AnswerRoom {
    let memory: HeldAnswers
    let disk: HeldAnswers
    /// Where files are made.
    let directory: String
    /// How many there are at a time.
    let files: AnswerFileCount
    /// So much of the disk is left to the log and the database, in bytes.
    let spared: UInt64

    init(_ configuration: NodeConfiguration) {
        memory = HeldAnswers(in: .memory, limit: configuration.maximumHeldAnswers)
        disk = HeldAnswers(in: .disk, limit: configuration.maximumAnswerFiles)
        directory = configuration.dataDirectory
        files = AnswerFileCount(limit: FileDescriptors.answerFiles(FileDescriptors.raiseLimit()))
        spared = 4 * UInt64(configuration.segmentSize) + 64 << 20
    }

    init(memory: HeldAnswers, disk: HeldAnswers, directory: String, maximumFiles: Int, spared: UInt64 = 0) {
        self.memory = memory
        self.disk = disk
        self.directory = directory
        files = AnswerFileCount(limit: maximumFiles)
        self.spared = spared
    }

    /// - Throws: ``PostgresError`` where the disk has no room for so many bytes more.
    func checkDisk(_ more: Int) throws(PostgresError) {
        guard let free = FileSystemSpace(at: directory)?.free, free < spared + UInt64(more) else { return }
        throw PostgresError(
            code: .diskFull,
            message: "the disk has no room for rows that wait to be fetched: \(free >> 20) MiB are free, of which "
                + "\(spared >> 20) MiB are left to the log",
            hint: "Fetch all rows at once, or COPY (query) TO STDOUT: those are sent while they are made.")
    }
}

/// Counts files: each has a descriptor.
final class AnswerFileCount: Sendable {
    private let limit: Int
    private let count = NIOLockedValueBox(0)

    init(limit: Int) { self.limit = limit }

    /// - Throws: ``PostgresError`` where there are as many as there may be.
    func take() throws(PostgresError) {
        let isTaken = count.withLockedValue { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard !isTaken else { return }
        throw PostgresError(
            code: .configurationLimitExceeded, message: "\(limit) results wait on this node's disk to be fetched",
            hint: "Run it again later, or fetch all rows at once.")
    }

    func giveBack() { count.withLockedValue { $0 -= 1 } }
}
