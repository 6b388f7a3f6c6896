import NIOCore

/// Reads the rows of a COPY stream in binary. A struct machine without I/O.
///
/// The format ("Binary Format", PostgreSQL's manual, COPY): 11 bytes of signature, 4 of flags, the length of a header
/// extension in 4 bytes, the extension; for each row the number of its fields in 2 bytes, for each field its length in
/// 4 bytes (-1 is NULL) and its bytes; at the end -1 in 2 bytes.
struct CopyBinaryReader {
    /// `PGCOPY`, and bytes that show whether somebody has taken the stream for text.
    static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF] + Array("\r\n".utf8) + [0]

    private enum State {
        /// The signature, flags and the extension's length are due. Goes to ``extension(_:)``.
        case header
        /// So many bytes of the header's extension are to be passed over. Goes to ``row``.
        case `extension`(Int)
        /// A row's number of fields, or the trailer, is due. Goes to ``fields`` or ``ended``.
        case row
        /// Fields of a row are missing. Goes to ``row``.
        case fields
        /// The trailer has come: nothing may follow. Final.
        case ended
    }

    private let columnCount: Int
    private let maximumRowLength: Int
    private var state = State.header
    private var buffer = ByteBuffer()
    private(set) var row = CopyRow()
    /// The number of the current row, from 1; 0 before the first.
    private(set) var rowNumber = 0

    init(columnCount: Int, maximumRowLength: Int) {
        self.columnCount = columnCount
        self.maximumRowLength = maximumRowLength
    }

    var bufferedBytes: Int { buffer.readableBytes }

    mutating func append(_ bytes: ByteBuffer) { buffer.writeImmutableBuffer(bytes) }

    /// Goes to the next row; false if it is not all there yet, or if there is none.
    mutating func next(isLast: Bool) throws(PostgresError) -> Bool {
        while true {
            let goesOn: Bool
            switch state {
            case .header: goesOn = try readHeader()
            case .extension(let length): goesOn = passOver(length)
            case .row:
                // Without a trailer the end of the stream is the end of the data.
                if isLast, buffer.readableBytes == 0 { return false }
                goesOn = try beginRow()
            case .fields:
                if try readFields() { return true }
                goesOn = false
            case .ended:
                guard buffer.readableBytes == 0 else { throw .copyFormat("received copy data after EOF marker") }
                return false
            }
            guard goesOn else {
                if isLast { throw endIsMissing }
                return false
            }
        }
    }

    private var endIsMissing: PostgresError {
        switch state {
        case .header: .copyFormat("COPY file signature not recognized")
        case .extension: .copyFormat("invalid COPY file header (wrong length)")
        case .row, .fields, .ended: .copyFormat("unexpected EOF in COPY data")
        }
    }

    private mutating func readHeader() throws(PostgresError) -> Bool {
        let there = buffer.readableBytesView.prefix(Self.signature.count)
        guard Self.signature.starts(with: there) else { throw .copyFormat("COPY file signature not recognized") }
        guard buffer.readableBytes >= Self.signature.count + 8 else { return false }
        buffer.moveReaderIndex(forwardBy: Self.signature.count)
        guard let (flags, length) = buffer.readMultipleIntegers(as: (UInt32, Int32).self) else { return false }
        guard flags & 1 << 16 == 0 else { throw .copyFormat("invalid COPY file header (WITH OIDS)") }
        guard flags >> 16 == 0 else { throw .copyFormat("unrecognized critical flags in COPY file header") }
        guard length >= 0 else { throw .copyFormat("invalid COPY file header (wrong length)") }
        state = .extension(Int(length))
        return true
    }

    /// The extension is not looked at, so it need not be kept.
    private mutating func passOver(_ length: Int) -> Bool {
        let there = min(length, buffer.readableBytes)
        buffer.moveReaderIndex(forwardBy: there)
        compact()
        state = there == length ? .row : .extension(length - there)
        return there == length
    }

    private mutating func beginRow() throws(PostgresError) -> Bool {
        compact()
        guard let count: Int16 = buffer.readInteger() else { return false }
        guard count != -1 else {
            state = .ended
            return true
        }
        rowNumber += 1
        guard Int(count) == columnCount else {
            throw .copyFormat("row field count is \(count), expected \(columnCount)")
        }
        row.removeAll()
        state = .fields
        return true
    }

    /// Reads the row's fields as far as they are there: none is read twice, however they arrive.
    private mutating func readFields() throws(PostgresError) -> Bool {
        while row.count < columnCount {
            guard let length: Int32 = buffer.getInteger(at: buffer.readerIndex) else { return false }
            if length == -1 {
                buffer.moveReaderIndex(forwardBy: 4)
                row.appendNull()
                continue
            }
            guard length >= 0 else { throw .copyFormat("invalid field size") }
            guard row.byteCount + Int(length) <= maximumRowLength else { throw .copyRowTooLong(maximumRowLength) }
            guard buffer.readableBytes >= 4 + Int(length) else { return false }
            buffer.moveReaderIndex(forwardBy: 4)
            row.append(buffer.readableBytesView.prefix(Int(length)))
            buffer.moveReaderIndex(forwardBy: Int(length))
        }
        state = .row
        return true
    }

    private mutating func compact() {
        if buffer.readableBytes == 0 {
            buffer.clear()
        } else if buffer.readerIndex > 64 * 1024, buffer.readerIndex > buffer.readableBytes {
            buffer.discardReadBytes()
        }
    }
}
