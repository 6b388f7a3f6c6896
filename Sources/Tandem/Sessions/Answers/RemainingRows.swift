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

    /// How many bytes of the disk they take.
    var bytesOnDisk: Int { file?.byteCount ?? 0 }

    /// What a portal may still take of its session's part, in bytes.
    struct Bounds {
        var memory = RemainingRows.maximumInMemory
        var disk = Int.max
        /// Whether a disk may be waited for where they are made.
        var mayBlock = true
    }

    /// Adds whole rows behind those that there are.
    mutating func append(
        _ more: ByteBuffer, in room: AnswerRoom, _ bounds: Bounds = Bounds()
    ) throws(PostgresError) {
        guard let file else {
            let length = rows.readableBytes + more.readableBytes
            if length <= bounds.memory, hold(length, in: room) {
                rows.writeImmutableBuffer(more)
                return
            }
            guard bounds.mayBlock else { throw .notBrief }
            let file = try AnswerFile(room)
            try file.append(rows)
            self.file = file
            rows = ByteBuffer()
            hold = nil
            return try append(more, in: room, bounds)
        }
        guard file.byteCount + more.readableBytes <= bounds.disk else { throw Self.tooMuchOfSession }
        try file.append(more)
    }

    /// All that is left, to be told of in other words. Nothing is left here.
    mutating func handOver(words: String) -> RemainingRows {
        defer {
            rows = ByteBuffer()
            file = nil
            hold = nil
        }
        var all = RemainingRows(rows: rows, words: words)
        (all.file, all.hold) = (file, hold)
        return all
    }

    private static var tooMuchOfSession: PostgresError {
        PostgresError(
            code: .configurationLimitExceeded,
            message: "the rows of a session that wait to be fetched may take half of --maximum-answer-files",
            hint: "Fetch all rows at once, or COPY (query) TO STDOUT: those are sent while they are made; or set "
                + "--maximum-answer-files higher.")
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
        // The portal may stay for long, and its last row have been a large one.
        if rows.readableBytes == 0 {
            rows = ByteBuffer()
        } else if file != nil, rows.storageCapacity > 4 * Self.pieceSize {
            rows = ByteBuffer(buffer: rows)
        }
        if isEmpty { hold = nil }
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
