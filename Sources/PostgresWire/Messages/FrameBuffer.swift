import NIOCore

/// Bytes received, cut into frames: the part both sides share.
///
/// Invariant: it holds at most one incomplete frame and what came in the same read.
struct FrameBuffer {
    private(set) var buffer = ByteBuffer()

    var readableBytes: Int { buffer.readableBytes }

    mutating func append(_ incoming: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = incoming
        } else {
            var incoming = incoming
            buffer.writeBuffer(&incoming)
        }
    }

    /// Cuts the next frame off; nil if it is not there yet.
    ///
    /// - Parameter maximum: the longest content allowed behind this type byte. It is asked as soon as the type byte
    ///   is there, and the length is judged as soon as it is there: nothing is waited for that cannot come right.
    mutating func next(
        maximum: (UInt8) throws(PostgresError) -> Int
    ) throws(PostgresError) -> (type: UInt8, content: ByteBuffer)? {
        let (type, length) = buffer.withUnsafeReadableBytes { bytes -> (UInt8?, Int32?) in
            guard bytes.count >= 5 else { return (bytes.first, nil) }
            return (bytes[0], Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: Int32.self)))
        }
        guard let type else { return nil }
        let limit = try maximum(type)
        guard let length else { return nil }
        guard length >= 4 else { throw .fatalViolation("invalid message length \(length): it counts itself, 4 bytes") }
        let contentLength = Int(length) - 4
        guard contentLength <= limit else {
            throw .fatalViolation("message of \(contentLength) bytes is longer than \(limit), the maximum of its kind")
        }
        guard buffer.readableBytes >= 5 + contentLength else { return nil }
        buffer.moveReaderIndex(forwardBy: 5)
        guard let content = buffer.readSlice(length: contentLength) else { return nil }
        return (type, content)
    }

    /// Cuts the next start-up packet off: its content without the length; nil if it is not there yet.
    mutating func nextStartupPacket(maximum: Int) throws(PostgresError) -> ByteBuffer? {
        guard let length: UInt32 = buffer.getInteger(at: buffer.readerIndex) else { return nil }
        guard length >= 8, length <= maximum else {
            if length >> 16 == 0x1603 {
                throw .fatalViolation(
                    "a TLS handshake arrived where a start-up packet was expected",
                    hint: "This server offers no TLS: connect with sslmode=disable or sslmode=prefer.")
            }
            throw .fatalViolation("invalid length of start-up packet")
        }
        guard buffer.readableBytes >= Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 4)
        return buffer.readSlice(length: Int(length) - 4)
    }

    /// Lets go of the storage that frames already cut off share. To be called when no frame is left for now.
    mutating func compact() {
        if buffer.readableBytes == 0 {
            buffer = ByteBuffer()
        } else if buffer.readerIndex > buffer.readableBytes {
            buffer = ByteBuffer(buffer: buffer)
        }
    }

    /// Takes everything that is not cut off yet.
    mutating func takeAll() -> ByteBuffer {
        defer { buffer = ByteBuffer() }
        return buffer
    }
}
