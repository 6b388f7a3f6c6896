import NIOCore

// COPY.
extension BackendMessages {
    /// - Parameter columns: one format for each column. None for a stream that has no columns.
    public mutating func copyInResponse(_ format: FormatCode, columns: [FormatCode] = []) {
        copyResponse(.copyInResponse, format, columns)
    }

    public mutating func copyOutResponse(_ format: FormatCode, columns: [FormatCode] = []) {
        copyResponse(.copyOutResponse, format, columns)
    }

    public mutating func copyBothResponse(_ format: FormatCode = .text, columns: [FormatCode] = []) {
        copyResponse(.copyBothResponse, format, columns)
    }

    private mutating func copyResponse(_ type: BackendMessageType, _ format: FormatCode, _ columns: [FormatCode]) {
        begin(type)
        buffer.writeMultipleIntegers(UInt8(format.rawValue), UInt16(columns.count))
        for column in columns { buffer.writeInteger(column.rawValue) }
        end()
    }

    /// A CopyData whose payload is copied into the buffer.
    public mutating func copyData(_ payload: ByteBuffer) {
        copyDataHeader(payloadLength: payload.readableBytes)
        buffer.writeImmutableBuffer(payload)
    }

    /// The head of a CopyData whose payload of `payloadLength` bytes the caller sends right behind it, in buffers
    /// of its own: large payloads need no copy.
    public mutating func copyDataHeader(payloadLength: Int) {
        precondition(missingValues == nil, "a row is unfinished")
        precondition(payloadLength <= Self.maximumMessageLength, "a CopyData holds at most 1 GiB - 1")
        buffer.writeMultipleIntegers(BackendMessageType.copyData.rawValue, UInt32(payloadLength + 4))
    }

    /// A CopyData whose payload `body` writes.
    public mutating func copyData(writing body: (inout ByteBuffer) -> Void) {
        begin(.copyData)
        body(&buffer)
        end()
    }

    public mutating func copyDone() { writeEmpty(.copyDone) }
}
