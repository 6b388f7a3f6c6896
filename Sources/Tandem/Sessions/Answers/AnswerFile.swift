import NIOCore
import PostgresWire
import TandemLog

/// The part of an answer that is too much for memory: written once, then read from its beginning.
final class AnswerFile {
    /// There are no more of them at a time: each counts for its part at least of what all may take.
    static let maximumCount = 128

    private let file: NamelessFile
    private let hold: AnswerHold
    private var offset = 0

    /// - Throws: ``PostgresError``: of a disk that is full or broken, or of one that has as many of these as it may.
    init(_ room: AnswerRoom) throws(PostgresError) {
        hold = AnswerHold(room.disk)
        try hold.grow(to: room.disk.limit / Self.maximumCount)
        do { file = try NamelessFile(in: room.directory) } catch { throw PostgresError(mapping: error) }
    }

    /// How much has not been read.
    var readableBytes: Int { file.size - offset }

    func append(_ bytes: ByteBuffer) throws(PostgresError) {
        try hold.grow(to: file.size + bytes.readableBytes)
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
