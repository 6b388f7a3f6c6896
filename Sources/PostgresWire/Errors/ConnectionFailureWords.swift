import Glibc
import NIOCore
import NIOPosix

/// Failures of sockets in the system's words, without the names of types.
func words(ofConnectionFailure error: any Error) -> String {
    switch error {
    case let error as PostgresError: return error.message
    case let error as NIOConnectionError:
        guard let first = error.connectionErrors.first else { return "the host name is not known" }
        return words(ofConnectionFailure: first.error)
    case let error as IOError: return String(cString: strerror(error.errnoCode))
    case ChannelError.connectTimeout: return "no answer in time"
    case is SocketAddressError: return "the host name is not known"
    default: return String(describing: error)
    }
}
