import TandemLog

/// Puts a batch that travels in several RECORDS frames together again.
public struct RecordsAssembler {
    /// The longest batch taken: a record's limit and a batch's worth more.
    static let maximumTotal = RecordBuffer.defaultMaximumRecordSize + (64 << 20)

    private var header: RecordsHeader?
    private var bytes: [UInt8] = []

    public init() {}

    /// Adds a frame.
    ///
    /// - Returns: the batch's header, as its last frame has it, once the batch is whole; its bytes are then handed to
    ///   `body`.
    /// - Throws: ``MalformedMessage`` if the frame is not the one that follows; what `body` throws.
    public mutating func add<Result>(
        _ frame: RecordsHeader, _ records: UnsafeRawBufferPointer, whole body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result? {
        guard Int(frame.total) <= Self.maximumTotal else {
            throw MalformedMessage(description: "a batch of \(frame.total) bytes is longer than any may be")
        }
        if frame.offset == 0, records.count == Int(frame.total) {
            header = nil
            return try body(records)
        }
        if frame.offset == 0 {
            header = frame
            bytes = []
        }
        guard let first = header, first.first == frame.first, first.last == frame.last, first.total == frame.total,
            first.number == frame.number, bytes.count == Int(frame.offset)
        else { throw MalformedMessage(description: "a frame of records does not follow the one before") }
        // Memory grows with what arrives, not with what is announced.
        bytes.append(contentsOf: records)
        guard bytes.count == Int(frame.total) else { return nil }
        defer {
            header = nil
            bytes = []
        }
        return try bytes.withUnsafeBytes(body)
    }
}
