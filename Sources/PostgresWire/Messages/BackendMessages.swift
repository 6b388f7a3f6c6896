import NIOCore

/// Messages of the backend, written one behind the other into one buffer.
///
/// A worker thread fills it with the answers of one pipeline and hands ``take()`` to the channel: one buffer, one
/// write. A row is written value by value:
///
///     messages.beginDataRow(columns: 2)
///     try messages.write(integer: 1, as: .int8, .text)
///     messages.writeNull()
///     try messages.endDataRow()
///
/// Its size is the caller's to bound: hand the buffer over when ``byteCount`` passes some 64 KiB.
public struct BackendMessages: Sendable {
    /// The largest message, as PostgreSQL has it: 1 GiB - 1 of content.
    public static let maximumMessageLength = 1 << 30 - 1

    var buffer: ByteBuffer
    /// Where the length of the message being written stands.
    private var lengthIndex = 0
    /// Values still missing in the row being written; nil if no row is being written.
    var missingValues: Int?
    /// Whether a value of the row being written was left out because there was no room for it.
    var rowIsTooLarge = false

    /// Room that is made with the first message, and with the first behind each ``take()``.
    private let usualCapacity: Int

    /// - Parameter capacity: bytes to allocate at once. Default 0: nothing before the first message.
    public init(capacity: Int = 0) {
        buffer = ByteBuffer()
        usualCapacity = 0
        if capacity > 0 { buffer.reserveCapacity(capacity) }
    }

    /// For one answer after the other.
    ///
    /// - Parameter usualCapacity: bytes to allocate with the first message of each, so that not every message has to make
    ///   room for itself.
    public init(usualCapacity: Int) {
        buffer = ByteBuffer()
        self.usualCapacity = usualCapacity
    }

    /// How many bytes are written and not taken.
    public var byteCount: Int { buffer.writerIndex }

    public var isEmpty: Bool { byteCount == 0 }

    @inline(__always)
    private mutating func makeRoom() {
        if buffer.capacity < usualCapacity, buffer.writerIndex == 0 { buffer.reserveCapacity(usualCapacity) }
    }

    /// The messages written so far. The writer is empty afterwards.
    public mutating func take() -> ByteBuffer {
        precondition(missingValues == nil, "a row is unfinished")
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// A place between two messages, to go back to with ``truncate(to:)``.
    public struct Mark: Hashable, Sendable {
        fileprivate let index: Int
    }

    public var mark: Mark { Mark(index: missingValues == nil ? byteCount : lengthIndex - 1) }

    /// Takes back what was written since `mark`, an unfinished row included.
    public mutating func truncate(to mark: Mark) {
        precondition(mark.index <= byteCount, "the mark lies behind the end: its messages were taken")
        buffer.moveWriterIndex(to: mark.index)
        missingValues = nil
    }

    /// Adds whole messages, as bytes.
    public mutating func append(bytes: ByteBuffer) {
        precondition(missingValues == nil, "a row is unfinished")
        buffer.writeImmutableBuffer(bytes)
    }

    /// Adds messages written elsewhere.
    public mutating func append(_ messages: BackendMessages) {
        precondition(missingValues == nil && messages.missingValues == nil, "a row is unfinished")
        makeRoom()
        buffer.writeImmutableBuffer(messages.buffer)
    }
}

// MARK: Framing

extension BackendMessages {
    @inline(__always)
    mutating func begin(_ type: BackendMessageType) {
        precondition(missingValues == nil, "a row is unfinished")
        makeRoom()
        buffer.writeHead(type.rawValue, length: 0)
        lengthIndex = buffer.writerIndex - 4
    }

    @inline(__always)
    mutating func end() {
        buffer.set(UInt32(truncatingIfNeeded: buffer.writerIndex - lengthIndex), at: lengthIndex)
    }

    @inline(__always)
    mutating func writeEmpty(_ type: BackendMessageType) {
        precondition(missingValues == nil, "a row is unfinished")
        makeRoom()
        buffer.writeHead(type.rawValue, length: 4)
    }

    /// Bytes of content of the message being written.
    var contentLength: Int { buffer.writerIndex - lengthIndex - 4 }

    /// Forgets the row being written.
    mutating func abandonMessage() {
        buffer.moveWriterIndex(to: lengthIndex - 1)
        missingValues = nil
    }
}

// MARK: Start-up

extension BackendMessages {
    /// Tells a setting of the session that clients want to know, such as `client_encoding`.
    public mutating func parameterStatus(_ name: String, _ value: String) {
        begin(.parameterStatus)
        buffer.writeProtocolString(name)
        buffer.writeProtocolString(value)
        end()
    }

    public mutating func backendKeyData(_ key: BackendKey) {
        begin(.backendKeyData)
        buffer.writeMultipleIntegers(key.processID, key.secret)
        end()
    }

    /// Tells the newest version spoken and the `_pq_` options not known.
    public mutating func negotiateProtocolVersion(newest: ProtocolVersion, unknownOptions: [String]) {
        begin(.negotiateProtocolVersion)
        buffer.writeMultipleIntegers(newest.code, UInt32(unknownOptions.count))
        for option in unknownOptions { buffer.writeProtocolString(option) }
        end()
    }
}

// MARK: Queries

extension BackendMessages {
    public mutating func readyForQuery(_ status: TransactionStatus) {
        precondition(missingValues == nil, "a row is unfinished")
        buffer.writeHead(BackendMessageType.readyForQuery.rawValue, length: 5, followedBy: status.rawValue)
    }

    /// - Parameter formats: the formats the portal asks for; they take the place of the columns' own. Default nil.
    public mutating func rowDescription(_ columns: [ColumnDescription], formats: FormatCodes? = nil) {
        begin(.rowDescription)
        buffer.writeInteger(UInt16(columns.count))
        for index in columns.indices {
            let column = columns[index]
            buffer.writeProtocolString(column.name)
            buffer.writeMultipleIntegers(
                column.tableOID, column.attributeNumber, column.type.oid, column.typeSize, column.typeModifier,
                (formats?[index] ?? column.format).rawValue)
        }
        end()
    }

    /// - Parameter tag: such as `SELECT 5`, `INSERT 0 1`, `COMMIT`.
    public mutating func commandComplete(_ tag: String) {
        begin(.commandComplete)
        buffer.writeProtocolString(tag)
        end()
    }

    /// - Parameters:
    ///   - words: what stands in front of the count, such as `SELECT` or `INSERT 0`.
    ///   - count: how many rows there were.
    public mutating func commandComplete(_ words: String, count: Int64) {
        begin(.commandComplete)
        var words = words
        words.withUTF8 { words in
            let maximum = words.count + 2 + Int64.maximumDecimalLength
            _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: maximum) { room in
                room.copyMemory(from: UnsafeRawBufferPointer(words))
                room[words.count] = UInt8(ascii: " ")
                let digits = UnsafeMutableRawBufferPointer(rebasing: room[(words.count + 1)...])
                let length = words.count + 1 + count.writeDecimal(to: digits)
                room[length] = 0
                return length + 1
            }
        }
        end()
    }

    public mutating func emptyQueryResponse() { writeEmpty(.emptyQueryResponse) }
    public mutating func parseComplete() { writeEmpty(.parseComplete) }
    public mutating func bindComplete() { writeEmpty(.bindComplete) }
    public mutating func closeComplete() { writeEmpty(.closeComplete) }
    public mutating func noData() { writeEmpty(.noData) }
    public mutating func portalSuspended() { writeEmpty(.portalSuspended) }

    public mutating func parameterDescription(_ types: [PostgresType]) {
        begin(.parameterDescription)
        buffer.writeInteger(UInt16(types.count))
        for type in types { buffer.writeInteger(type.oid) }
        end()
    }
}
