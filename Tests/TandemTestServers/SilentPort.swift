import Glibc

/// A port of loopback that takes connections and never says anything by itself: a machine that hangs.
public final class SilentPort: Sendable {
    public let port: Int
    private let descriptor: Int32

    public init() throws {
        port = try FreePort.next()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 16) == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
            throw TestServerError("cannot listen on 127.0.0.1:\(port)")
        }
    }

    deinit { close(descriptor) }

    /// Waits until somebody has connected, says `words` to them, and leaves the connection open.
    public func waitUntilConnected(saying words: [UInt8] = []) async throws {
        var client: Int32 = -1
        try await waitUntil("a connection") {
            client = accept(descriptor, nil, nil)
            return client >= 0
        }
        _ = words.withUnsafeBytes { write(client, $0.baseAddress, $0.count) }
    }
}
