import NIOCore

/// The client's side of framing: bytes in, backend messages out.
///
/// A struct machine without I/O. Lengths are judged before anything is waited for or allocated, and a violation is
/// final: after it every call throws the same error.
public struct BackendFrameDecoder: Sendable {
    private let maximumMessageLength: Int
    private var frames = FrameBuffer()
    private var failure: PostgresError?

    /// - Parameter maximumMessageLength: the longest content of a message. Default 1 GiB - 1.
    public init(maximumMessageLength: Int = BackendMessages.maximumMessageLength) {
        self.maximumMessageLength = maximumMessageLength
    }

    /// How many bytes wait for the rest of their frame, or to be asked for.
    public var bufferedBytes: Int { frames.readableBytes }

    /// Bytes were received.
    public mutating func received(_ bytes: ByteBuffer) {
        if failure == nil { frames.append(bytes) }
    }

    /// The next message; nil if it is not there yet.
    public mutating func nextMessage() throws(PostgresError) -> BackendMessage? {
        if let failure { throw failure }
        do throws(PostgresError) {
            let maximum = maximumMessageLength
            let frame = try frames.next { (byte: UInt8) throws(PostgresError) -> Int in
                guard BackendMessageType(rawValue: byte) != nil else {
                    throw .fatalViolation("invalid backend message type \(byte)")
                }
                return maximum
            }
            guard let frame, let type = BackendMessageType(rawValue: frame.type) else {
                frames.compact()
                return nil
            }
            return try BackendMessage(type, content: frame.content)
        } catch {
            failure = error
            _ = frames.takeAll()
            throw error
        }
    }
}
