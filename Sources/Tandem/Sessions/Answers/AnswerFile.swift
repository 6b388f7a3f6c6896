import NIOCore
import PostgresWire
import TandemLog

/// The part of an answer that is too much for memory: written once, then read from its beginning.
final class AnswerFile {
    /// The disk's room is looked at each time so much more is written.
    private static let checkedBytes = 1 << 20

    private let file: NamelessFile
    private let room: AnswerRoom
    private let hold: AnswerHold
    private var offset = 0
    private var uncheckedBytes = 0

    /// - Throws: ``PostgresError``: of a disk that is full or broken, or of one that has as many of these as it may.
    init(_ room: AnswerRoom) throws(PostgresError) {
        try room.checkDisk(Self.checkedBytes)
        try room.files.take()
        do throws(LogError) {
            file = try NamelessFile(in: room.directory)
        } catch {
            room.files.giveBack()
            throw PostgresError(mapping: error)
        }
        self.room = room
        hold = AnswerHold(room.disk)
    }

    deinit { room.files.giveBack() }

    /// How much there is, read or not.
    var byteCount: Int { file.size }
    /// How much has not been read.
    var readableBytes: Int { file.size - offset }

    func append(_ bytes: ByteBuffer) throws(PostgresError) {
        try hold.grow(to: file.size + bytes.readableBytes)
        uncheckedBytes += bytes.readableBytes
        if uncheckedBytes >= Self.checkedBytes {
            try room.checkDisk(bytes.readableBytes)
            uncheckedBytes = 0
        }
        let result: Result<Void, LogError> = bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(LogError) in try file.append(bytes) }
        }
        do { try result.get() } catch { throw PostgresError(mapping: error) }
    }

    /// Reads the next bytes, all that are left if those are fewer than `count`.
    func read(_ count: Int, into buffer: inout ByteBuffer) throws(PostgresError) {
        let count = min(count, readableBytes)
        var result: Result<Void, LogError> = .success(())
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { [file, offset] space in
            let space = UnsafeMutableRawBufferPointer(rebasing: space[..<count])
            result = Result { () throws(LogError) in try file.read(into: space, at: offset) }
            return count
        }
        do { try result.get() } catch { throw PostgresError(mapping: error) }
        offset += count
    }
}
