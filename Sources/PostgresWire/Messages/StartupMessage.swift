import NIOCore

/// What a client says of itself when it asks for a session.
public struct StartupMessage: Hashable, Sendable {
    public var version: ProtocolVersion
    /// The parameters by name; of a name given twice the last one counts.
    public var parameters: [String: String]

    public init(version: ProtocolVersion = .supported, parameters: [String: String]) {
        self.version = version
        self.parameters = parameters
    }

    /// The user's name; empty if the client gave none.
    public var user: String { parameters["user"] ?? "" }

    /// The database's name; by PostgreSQL's rule the user's name if the client gave none.
    public var database: String {
        guard let name = parameters["database"], !name.isEmpty else { return user }
        return name
    }

    public var applicationName: String { parameters["application_name"] ?? "" }

    /// Whether the session is one for replication: the parameter `replication`, as a boolean or `database`.
    public var isReplication: Bool {
        guard let text = parameters["replication"] else { return false }
        return text == "database" || PostgresBoolean.parse(text.utf8) == true
    }

    /// The protocol options (`_pq_.` …) asked for, in alphabetic order. This module knows none of them.
    public var protocolOptions: [String] {
        parameters.keys.filter { $0.hasPrefix("_pq_.") }.sorted()
    }

    /// Decodes the name and value pairs that follow the version.
    init(version: ProtocolVersion, decoding content: ByteBuffer) throws(PostgresError) {
        self.init(version: version, parameters: [:])
        // Another major version lays its packet out in its own way; the state machine refuses it by its number.
        guard version.major == 3 else { return }
        var content = content
        while true {
            let name = try content.readProtocolString()
            if name.isEmpty { break }
            parameters[name] = try content.readProtocolString()
        }
        guard content.readableBytes == 0 else {
            throw .fatalViolation("invalid start-up packet layout: expected terminator as last byte")
        }
    }
}
