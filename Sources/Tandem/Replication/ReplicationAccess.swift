import NIOConcurrencyHelpers
import PostgresWire

/// As whom, and how, a node connects to the other nodes of its group.
public struct ReplicationAccess: Sendable {
    /// A user with the role replicate; asked for by nodes that have users. Default `tandem`.
    public var user = "tandem"
    /// A file whose first line is the user's password; nil for none.
    public var passwordFile: String?
    /// How the other nodes are asked for TLS, and how they prove who they are. Default: no TLS.
    public var tls = ClientTLSOptions()

    /// The defaults.
    public init() {}
}

/// The same, read from the files it names; read again when the node is told to.
final class ReplicationCredentials: Sendable {
    private struct Content {
        var password: String?
        var tls: ClientTLS?
    }

    private let access: ReplicationAccess
    private let content: NIOLockedValueBox<Content>

    /// - Throws: ``TandemError`` (`invalidConfiguration`) that names the file.
    init(_ access: ReplicationAccess) throws(TandemError) {
        self.access = access
        content = NIOLockedValueBox(try Self.read(access))
    }

    /// Reads the files again; if that fails, what was read before stays in use.
    func reload() throws(TandemError) {
        let read = try Self.read(access)
        content.withLockedValue { $0 = read }
    }

    /// How a node connects to another.
    func options(to target: HostAndPort) -> PostgresClientOptions {
        let content = content.withLockedValue { $0 }
        var options = PostgresClientOptions(
            host: target.host, port: target.port, user: access.user,
            parameters: ["replication": "true", "application_name": "tandem"])
        options.password = content.password
        options.tls = content.tls
        options.connectTimeout = .seconds(2)
        options.startupTimeout = .seconds(3)
        return options
    }

    private static func read(_ access: ReplicationAccess) throws(TandemError) -> Content {
        do throws(PostgresError) {
            return Content(
                password: try access.passwordFile.map { path throws(PostgresError) in try PasswordFile.read(path) },
                tls: try ClientTLS.make(access.tls))
        } catch {
            throw TandemError(.invalidConfiguration, error.message)
        }
    }
}
