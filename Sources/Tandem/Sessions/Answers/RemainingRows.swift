import NIOCore
import PostgresWire

/// Rows that are made and wait to be asked for, and the tag that follows them. They are kept in memory, or in a file where
/// they are many.
struct RemainingRows {
    /// More goes to a file.
    static let maximumInMemory = 4 << 20
    /// So much is read of the file at once.
    private static let pieceSize = 64 * 1024

    /// DataRow messages, one behind the other; ``file`` has those behind them.
    private var rows: ByteBuffer
    private var file: AnswerFile?
    /// What stands in front of the count in the tag.
    let words: String
    /// Their part of what all sessions may hold in memory; nil once all are fetched, or where they are in a file.
    private(set) var hold: AnswerHold?
    /// Whether the tag has a count: not that of SHOW.
    let countsRows: Bool

    init(rows: ByteBuffer = ByteBuffer(), words: String, countsRows: Bool = true) {
        self.rows = rows
        self.words = words
        self.countsRows = countsRows
    }

    /// The tag of an Execute that has answered `count` of them: it tells of those alone, as in PostgreSQL.
    func tag(_ count: Int) -> String { countsRows ? "\(words) \(count)" : words }

    var isEmpty: Bool { rows.readableBytes == 0 && file == nil }
    /// Whether a disk has to be read for them.
    var isOnDisk: Bool { file != nil }
    /// How many bytes of them are in memory.
    var bytesInMemory: Int { rows.readableBytes }

    /// Adds whole rows behind those that there are.
    ///
    /// - Parameter maximumInMemory: in bytes.
    mutating func append(
        _ more: ByteBuffer, in room: AnswerRoom, maximumInMemory: Int = Self.maximumInMemory
    ) throws(PostgresError) {
        if let file { return try file.append(more) }
        let length = rows.readableBytes + more.readableBytes
        if length <= maximumInMemory, hold(length, in: room) {
            rows.writeImmutableBuffer(more)
            return
        }
        let file = try AnswerFile(room)
        try file.append(rows)
        try file.append(more)
        self.file = file
        rows = ByteBuffer()
        hold = nil
    }

    private mutating func hold(_ length: Int, in room: AnswerRoom) -> Bool {
        let hold = hold ?? AnswerHold(room.memory)
        do throws(PostgresError) { try hold.grow(to: length) } catch { return false }
        self.hold = hold
        return true
    }

    /// The next `maximum` rows, or all for 0, and how many they are: of those in a file a piece, none only behind the last.
    mutating func next(_ maximum: Int) throws(PostgresError) -> (bytes: ByteBuffer, count: Int) {
        try readFile()
        var length = 0
        var count = 0
        while maximum == 0 || count < maximum, let row = lengthOfRow(at: length),
            length + row <= rows.readableBytes
        {
            length += row
            count += 1
        }
        let next = rows.readSlice(length: length) ?? ByteBuffer()
        if isEmpty {
            // The portal may stay for long.
            rows = ByteBuffer()
            hold = nil
        }
        return (next, count)
    }

    /// Has a whole row in memory, if there is one.
    private mutating func readFile() throws(PostgresError) {
        while let file {
            let row = lengthOfRow(at: 0)
            if let row, row <= rows.readableBytes { return }
            rows.discardReadBytes()
            try file.read(max(Self.pieceSize, (row ?? 0) - rows.readableBytes), into: &rows)
            if file.readableBytes == 0 { self.file = nil }
        }
    }

    /// The length of a row's message, of which only the beginning has to be in memory; nil where that is not.
    private func lengthOfRow(at offset: Int) -> Int? {
        // The type, and the length, which counts itself.
        let content: UInt32? = rows.getInteger(at: rows.readerIndex + offset + 1)
        return content.map { 1 + Int($0) }
    }
}
