import ArgumentParser
import Foundation
import PostgresWire
import Tandem

/// As whom, and how, a command connects to nodes.
struct LoginOptions: ParsableArguments {
    @Option(help: "Log in as this user. (default: tandem)")
    var user: String?

    @Option(
        help: "A file with the user's password in its first line. (default: the environment's PGPASSWORD)",
        completion: .file())
    var passwordFile: String?

    @Option(help: "TLS: disable, require, verify-ca or verify-full.")
    var tls = ClientTLSOptions.Mode.disable

    @Option(help: "Certificates of the authorities the node's is verified with. (default: the system's)")
    var tlsCa: String?

    /// What commands connect with.
    func login() throws -> NodeLogin {
        do throws(PostgresError) {
            var login = NodeLogin()
            if let user { login.user = user }
            login.password = ProcessInfo.processInfo.environment["PGPASSWORD"]
            if let passwordFile { login.password = try PasswordFile.read(passwordFile) }
            login.tls = try ClientTLS.make(ClientTLSOptions(tls, rootFile: tlsCa))
            return login
        } catch {
            throw ValidationError(error.message)
        }
    }
}

extension ClientTLSOptions.Mode: ExpressibleByArgument {}

/// The same, ready for use.
struct NodeLogin: Sendable {
    var user = "tandem"
    var password: String?
    var tls: ClientTLS?

    func options(to address: HostAndPort) -> PostgresClientOptions {
        var options = PostgresClientOptions(host: address.host, port: address.port, user: user)
        options.password = password
        options.tls = tls
        return options
    }
}
