/// Where a node listens or is reached: `127.0.0.1:7432`, `[::1]:7432`, `db-1:7432`.
public struct HostAndPort: Hashable, Sendable {
    /// A name, or an address without brackets.
    public var host: String
    /// From 0, which lets the system choose where one is listened on, to 65535.
    public var port: Int

    /// The port that is meant where none is said: 7432.
    public static let defaultPort = 7432

    /// An address; the port is 7432 unless given.
    public init(host: String, port: Int = HostAndPort.defaultPort) {
        self.host = host
        self.port = port
    }

    /// This machine alone; port 0 lets the system choose.
    public static func loopback(port: Int = defaultPort) -> HostAndPort { HostAndPort(host: "127.0.0.1", port: port) }

    /// Reads `host:port`, `host` or `[address]:port`; nil for anything else, and for a host of digits alone, which is a
    /// port that was meant. Port 0 lets the system choose.
    public init?(_ text: some StringProtocol) {
        var host = Substring(text)
        var port = Self.defaultPort
        let bracket = host.hasPrefix("[") ? host.firstIndex(of: "]") : nil
        if host.hasPrefix("["), bracket == nil { return nil }
        let portColon = bracket.map { host[$0...].firstIndex(of: ":") } ?? host.lastIndex(of: ":")
        if let colon = portColon {
            guard let number = Int(host[host.index(after: colon)...]), (0...65535).contains(number) else { return nil }
            port = number
            host = host[..<colon]
        }
        if bracket != nil { host = host.dropFirst().dropLast() } else if host.contains(":") { return nil }
        guard !host.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
        self.init(host: String(host), port: port)
    }

    /// Whether only this machine can reach it.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

extension HostAndPort: CustomStringConvertible {
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
