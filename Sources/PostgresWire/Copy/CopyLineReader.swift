import NIOCore

/// Cuts a text or CSV stream into lines, however it arrives.
struct CopyLineReader {
    private let maximumLength: Int
    private var scanner: CopyLineScanner
    /// Invariant: begins with the first byte of the current line.
    private var buffer = ByteBuffer()
    /// The bytes of the line that was gone to last, and of its end; they go with the next one.
    private var current: (length: Int, end: Int)?
    /// Whether a line `\.` has come; what follows it is passed over.
    private var hasEnded = false

    init(_ options: CopyOptions, maximumLength: Int) {
        scanner = CopyLineScanner(options)
        self.maximumLength = maximumLength
    }

    /// Bytes that are kept.
    var bufferedBytes: Int { buffer.readableBytes }
    var lineNumber: Int { scanner.lineNumber }

    mutating func append(_ bytes: ByteBuffer) {
        if !hasEnded { buffer.writeImmutableBuffer(bytes) }
    }

    /// Goes to the next line.
    ///
    /// - Parameter isLast: whether nothing follows what has been appended.
    /// - Returns: false if it is not all there yet, or if there is none.
    mutating func next(isLast: Bool) throws(PostgresError) -> Bool {
        dropCurrent()
        guard !hasEnded, buffer.readableBytes > 0 else { return false }
        var scanner = scanner
        defer { self.scanner = scanner }
        let found = try buffer.withUnsafeReadableBytes { bytes throws(PostgresError) in
            try scanner.scan(bytes, isLast: isLast)
        }
        switch found {
        case .incomplete:
            guard buffer.readableBytes <= maximumLength else { throw .copyRowTooLong(maximumLength) }
            return false
        case .line(let length, let end):
            current = (length, end)
            return true
        case .endOfData:
            hasEnded = true
            buffer = ByteBuffer()
            return false
        }
    }

    /// The line that ``next(isLast:)`` went to, without its end; else what there is of one.
    func withLine<Result>(
        _ body: (UnsafeRawBufferPointer) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        let length = current?.length ?? buffer.readableBytes
        return try buffer.withUnsafeReadableBytes { bytes throws(PostgresError) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
        }
    }

    private mutating func dropCurrent() {
        guard let (length, end) = current else { return }
        current = nil
        buffer.moveReaderIndex(forwardBy: length + end)
        scanner.begin()
        // Moved together only now and then: the cost of it is that of the bytes left.
        if buffer.readerIndex > 64 * 1024, buffer.readerIndex > buffer.readableBytes { buffer.discardReadBytes() }
    }
}
