import NIOCore

/// A packet of the start-up, which has a length but no type byte.
public enum StartupPacket: Hashable, Sendable {
    /// The client would like TLS.
    case sslRequest
    /// The client would like GSSAPI encryption.
    case gssEncryptionRequest
    /// The client would like the running statement of another session to end.
    case cancelRequest(BackendKey)
    /// The client would like a session.
    case startup(StartupMessage)

    static let sslRequestCode: UInt32 = 80_877_103
    static let gssEncryptionRequestCode: UInt32 = 80_877_104
    static let cancelRequestCode: UInt32 = 80_877_102
}

extension StartupPacket {
    /// Decodes the content of a packet: what follows its length.
    init(decoding content: ByteBuffer) throws(PostgresError) {
        var content = content
        guard let code: UInt32 = content.readInteger() else {
            throw .fatalViolation("a start-up packet ends before its code")
        }
        switch code {
        case Self.sslRequestCode:
            guard content.readableBytes == 0 else { throw .fatalViolation("invalid length of SSLRequest") }
            self = .sslRequest
        case Self.gssEncryptionRequestCode:
            guard content.readableBytes == 0 else { throw .fatalViolation("invalid length of GSSENCRequest") }
            self = .gssEncryptionRequest
        case Self.cancelRequestCode:
            guard content.readableBytes == 8, let processID: Int32 = content.readInteger(),
                let secret: Int32 = content.readInteger()
            else { throw .fatalViolation("invalid length of CancelRequest") }
            self = .cancelRequest(BackendKey(processID: processID, secret: secret))
        default:
            self = .startup(try StartupMessage(version: ProtocolVersion(code: code), decoding: content))
        }
    }
}
