import Glibc
import TandemTestServers

/// A port of loopback that takes connections and never says anything: a machine that hangs.
final class SilentPort: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
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

    /// Waits until somebody has connected.
    func waitUntilConnected() async throws {
        try await waitUntil("a connection") { accept(descriptor, nil, nil) >= 0 }
    }

    /// Waits until somebody has connected, and says what MariaDB says first, with TLS among its abilities.
    func greet() async throws {
        var client: Int32 = -1
        try await waitUntil("a connection") {
            client = accept(descriptor, nil, nil)
            return client >= 0
        }
        _ = Self.greeting.withUnsafeBytes { write(client, $0.baseAddress, $0.count) }
    }

    /// Protocol 10: version, connection, salt, abilities (among them 0x0800, TLS), character set, status, salt, plugin.
    private static var greeting: [UInt8] {
        let body =
            [10] + Array("5.5.5-10.11.6-MariaDB".utf8) + [0] + [1, 0, 0, 0] + Array("saltsalt".utf8) + [0]
            + [0xFF, 0xFF, 45, 2, 0, 0xFF, 0x81, 21] + [UInt8](repeating: 0, count: 10) + Array("saltsaltsalt".utf8)
            + [0] + Array("mysql_native_password".utf8) + [0]
        return [UInt8(body.count), 0, 0, 0] + body
    }
}

/// Waits until `condition` holds.
func eventually(_ condition: () async throws -> Bool) async throws {
    try await waitUntil("the condition", timeout: .seconds(60), giveUp: {}, condition)
}
