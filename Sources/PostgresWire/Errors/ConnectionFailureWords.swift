import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Failures of sockets in the system's words, without the names of types.
func words(ofConnectionFailure error: any Error) -> String {
    switch error {
    case let error as PostgresError: return error.message
    case let error as NIOConnectionError:
        guard let first = error.connectionErrors.first else { return "the host name is not known" }
        return words(ofConnectionFailure: first.error)
    case let error as IOError: return String(cString: strerror(error.errnoCode))
    case ChannelError.connectTimeout: return "no answer in time"
    case NIOSSLError.handshakeFailed(let reason): return words(ofHandshakeFailure: String(describing: reason))
    case is NIOSSLExtraError: return "the server's certificate does not belong to its host: \(error)"
    case NIOSSLError.uncleanShutdown: return "the server closed the connection"
    case is SocketAddressError: return "the host name is not known"
    default: return String(describing: error)
    }
}

/// What a failed TLS handshake most likely means.
private func words(ofHandshakeFailure reason: String) -> String {
    switch reason {
    case _ where reason.contains("CERTIFICATE_VERIFY_FAILED"):
        "the server's certificate is not signed by a root that is trusted here, or has expired"
    case _ where reason.contains("WRONG_VERSION_NUMBER"): "the server speaks no TLS"
    case _ where reason.contains("CERTIFICATE_REQUIRED"): "the server asks for a client certificate"
    default: "the TLS handshake failed: \(reason)"
    }
}
