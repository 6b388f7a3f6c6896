import Tracing

/// The names of the attributes of spans: OpenTelemetry's for databases, and the layer's own.
enum SpanKeys {
    static let system = "db.system.name"
    static let sqlState = "db.response.status_code"
    static let address = "server.address"
    static let port = "server.port"
    static let errorType = "error.type"

    static let readOnly = "tandem.transaction.read_only"
    /// False for a call that runs without a transaction.
    static let isTransactional = "tandem.transaction.active"
    static let place = "tandem.transaction.call_site"
    static let outcome = "tandem.transaction.outcome"
    static let reason = "tandem.route.reason"
    /// Both in seconds.
    static let lag = "tandem.route.lag"
    static let wait = "tandem.route.wait"
}

extension SpanAttributes {
    /// The server, why it was chosen, how old the state is that it shows, and how long it was waited for.
    mutating func add(_ route: Route) {
        let (host, port) = ServerAddress.parts(of: route.server)
        self[SpanKeys.address] = host
        if let port { self[SpanKeys.port] = port }
        self[SpanKeys.reason] = route.reason.label
        if let lag = route.lag { self[SpanKeys.lag] = lag.inSeconds }
        self[SpanKeys.wait] = route.wait.inSeconds
    }
}

extension Span {
    /// Notes an error that ends it.
    func failed(_ error: any Error) {
        recordError(error)
        setStatus(SpanStatus(code: .error))
        updateAttributes { attributes in
            guard let error = error as? DatabaseError else {
                attributes[SpanKeys.errorType] = String(reflecting: type(of: error))
                return
            }
            attributes[SpanKeys.errorType] = error.code.description
            attributes[SpanKeys.sqlState] = error.sqlState
        }
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

/// A server's name for people, taken apart: `db-1:7432`, `[::1]:7432`.
enum ServerAddress {
    static func parts(of server: String) -> (host: String, port: Int?) {
        guard let colon = server.lastIndex(of: ":"), let port = Int(server[server.index(after: colon)...]) else {
            return (server, nil)
        }
        let host = server[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { return (String(host.dropFirst().dropLast()), port) }
        // The colons of an address of version 6 without brackets belong to it.
        return host.contains(":") ? (server, nil) : (String(host), port)
    }
}
