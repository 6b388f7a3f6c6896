import Glibc
import NIOConcurrencyHelpers

/// Ports of loopback on which nobody listens.
public enum FreePort {
    /// Below the ports that the system gives to outgoing connections, so that none of those takes one before its
    /// server does.
    private static let range: ClosedRange<UInt16> = 15_000...32_000
    private static let given = NIOLockedValueBox<Set<UInt16>>([])

    /// A port that is free now and was not given before.
    public static func next() throws -> Int {
        for _ in 0..<1000 {
            let port = UInt16.random(in: range)
            if isFree(port), given.withLockedValue({ $0.insert(port).inserted }) { return Int(port) }
        }
        throw TestServerError("no free port among 1000 tried on 127.0.0.1")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
