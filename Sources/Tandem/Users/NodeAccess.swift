import Logging
import NIOCore
import PostgresWire
import TandemSQLite

/// Who gets into a node, and how it gets into others: its certificate, users, and credentials.
final class NodeAccess: Sendable {
    let tls: ServerTLS?
    let users: UserDirectory
    let firstUsers: FirstUsers
    let credentials: ReplicationCredentials
    private let configuration: NodeConfiguration
    private let logger: Logger

    /// Reads the files that the configuration names, and that of the first users.
    ///
    /// - Throws: ``TandemError`` (`invalidConfiguration`, `damaged`) that names the file.
    init(
        _ configuration: NodeConfiguration, _ directory: DataDirectory, options: ConnectionOptions, logger: Logger
    ) throws(TandemError) {
        self.configuration = configuration
        self.logger = logger
        tls = try Self.read(configuration.tls)
        credentials = try ReplicationCredentials(configuration.replication)
        firstUsers = try FirstUsers(path: directory.firstUsers)
        users = UserDirectory(
            database: directory.database, options: options, firstUsers: firstUsers,
            trustsWithoutUsers: configuration.listen.isLoopback || configuration.allowsInsecureListening)
    }

    private static func read(_ options: ServerTLSOptions?) throws(TandemError) -> ServerTLS? {
        guard let options else { return nil }
        do throws(PostgresError) {
            return try ServerTLS(options)
        } catch {
            throw TandemError(.invalidConfiguration, error.message)
        }
    }

    /// Where clear text could be read by others, or would go past the client certificates asked for.
    var requiresTLS: Bool {
        guard let tls else { return false }
        return tls.asksForClientCertificates
            || !configuration.listen.isLoopback && !configuration.allowsInsecureListening
    }

    /// Reads certificates and passwords again. What cannot be read stays as it was, and the log says so.
    func reload() {
        do {
            try tls?.reload()
            try credentials.reload()
            logger.notice("certificates and passwords were read again")
        } catch {
            let reason = (error as? PostgresError)?.message ?? String(describing: error)
            logger.error(
                "certificates and passwords were not all read again; those that were not stay as they are",
                metadata: ["reason": "\(reason)"])
        }
    }

    /// Says loudly what an operator may not have meant.
    func warn() {
        guard !configuration.listen.isLoopback else { return }
        let hasNoUsers = (try? users.hasNoUsers()) ?? false
        if configuration.allowsInsecureListening {
            logger.critical(
                "INSECURE: other machines can reach this node without protection",
                metadata: [
                    "listen": "\(configuration.listen)", "TLS": "\(tls == nil ? "none" : "not required")",
                    "let in": "\(hasNoUsers ? "everybody, as administrator" : "users with their password")",
                ])
        } else if hasNoUsers {
            logger.warning(
                "nobody can log in: there is no user yet",
                metadata: [
                    "do":
                        "stop this node, run 'tandem user add NAME --data \(configuration.dataDirectory)', start it again; a replica gets its users from the primary"
                ])
        }
    }

    /// What is asked of whoever connects.
    func apply(to options: inout PostgresServerOptions) {
        let log = LoginLog(logger: logger)
        options.tls = tls
        options.requiresTLS = requiresTLS
        options.authenticate = { [users] startup, loop in users.authenticate(startup, on: loop) }
        options.loginFailed = { log.failed($0) }
    }
}
