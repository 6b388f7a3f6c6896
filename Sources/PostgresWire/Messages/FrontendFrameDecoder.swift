import NIOCore

/// The server's side of framing: bytes in, start-up packets and messages out.
///
/// A struct machine without I/O. Lengths are judged before anything is waited for or allocated, and a violation is
/// final: after it every call throws the same error.
public struct FrontendFrameDecoder: Sendable {
    /// The longest messages accepted, in bytes of content.
    public struct Limits: Hashable, Sendable {
        /// A start-up packet with its length. Default 10,000, as in PostgreSQL.
        public var startupPacket = 10_000
        /// A password or SASL message, which nobody has proved to be a user may send. Default 4,096.
        public var password = 4_096
        /// Messages that hold a name or nothing. Default 10,000, as in PostgreSQL.
        public var smallMessage = 10_000
        /// Query, Parse, Bind, CopyData and FunctionCall. Default 1 GiB - 1, as in PostgreSQL.
        public var largeMessage = 1 << 30 - 1

        public init() {}

        fileprivate func maximumLength(of type: FrontendMessageType) -> Int {
            if type == .password { return password }
            return type.isLarge ? largeMessage : smallMessage
        }
    }

    private enum State {
        /// Start-up packets come; after a StartupMessage: ``authentication``.
        case startup
        /// Only `p` messages may come, and only short ones; the owner ends this by ``authenticated()``.
        case authentication
        /// All messages may come.
        case messages
        /// The peer broke the protocol. Final.
        case failed(PostgresError)
    }

    private let limits: Limits
    private var state = State.startup
    private var frames = FrameBuffer()

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// A decoder of a connection whose start-up is over and of which `bytes` were already read.
    public init(limits: Limits = Limits(), startedWith bytes: ByteBuffer) {
        self.limits = limits
        state = .messages
        frames.append(bytes)
    }

    /// How many bytes wait for the rest of their frame, or to be asked for.
    public var bufferedBytes: Int { frames.readableBytes }

    /// Bytes were received.
    public mutating func received(_ bytes: ByteBuffer) {
        if case .failed = state { return }
        frames.append(bytes)
    }

    /// The start-up is over: from now on all messages may come, as large as they may be.
    public mutating func authenticated() {
        if case .authentication = state { state = .messages }
    }

    /// The next start-up packet; nil if it is not there yet.
    public mutating func nextStartupPacket() throws(PostgresError) -> StartupPacket? {
        switch state {
        case .startup: break
        case .failed(let error): throw error
        case .authentication, .messages: return nil
        }
        do throws(PostgresError) {
            guard let content = try frames.nextStartupPacket(maximum: limits.startupPacket) else { return nil }
            let packet = try StartupPacket(decoding: content)
            try startupPacketDecoded(packet)
            return packet
        } catch {
            throw failed(error)
        }
    }

    /// The next message; nil if it is not there yet.
    public mutating func nextMessage() throws(PostgresError) -> FrontendMessage? {
        let passwordOnly: Bool
        switch state {
        case .startup: return nil
        case .authentication: passwordOnly = true
        case .messages: passwordOnly = false
        case .failed(let error): throw error
        }
        do throws(PostgresError) {
            let limits = limits
            var type = FrontendMessageType.sync
            let frame = try frames.next { (byte: UInt8) throws(PostgresError) -> Int in
                type = try Self.type(of: byte, passwordOnly: passwordOnly)
                return limits.maximumLength(of: type)
            }
            guard let frame else {
                frames.compact()
                return nil
            }
            return FrontendMessage(type, content: frame.content)
        } catch {
            throw failed(error)
        }
    }

    /// Takes the bytes that belong to no message yet, to hand them to another decoder.
    public mutating func takeBufferedBytes() -> ByteBuffer { frames.takeAll() }

    /// What stands behind a request for encryption was sent by somebody who could not know the answer: injected by
    /// a third party in front of the handshake (CVE-2021-23214), or a client that breaks the protocol.
    private mutating func startupPacketDecoded(_ packet: StartupPacket) throws(PostgresError) {
        switch packet {
        case .sslRequest:
            guard frames.readableBytes == 0 else { throw .fatalViolation("received unencrypted data after SSLRequest") }
        case .gssEncryptionRequest:
            guard frames.readableBytes == 0 else {
                throw .fatalViolation("received unencrypted data after GSSENCRequest")
            }
        case .cancelRequest: break
        case .startup: state = .authentication
        }
        frames.compact()
    }

    private mutating func failed(_ error: PostgresError) -> PostgresError {
        let error = error.asFatal
        state = .failed(error)
        _ = frames.takeAll()
        return error
    }

    private static func type(of byte: UInt8, passwordOnly: Bool) throws(PostgresError) -> FrontendMessageType {
        guard let type = FrontendMessageType(rawValue: byte) else {
            throw .fatalViolation("invalid frontend message type \(byte)")
        }
        guard !passwordOnly || type == .password else {
            throw .fatalViolation("expected a password message, got message type \(byte)")
        }
        return type
    }
}
