import ArgumentParser

/// The options of a node that say who gets in, and how the node gets into others.
struct AccessOptions: ParsableArguments {
    @Flag(help: "Listen on addresses other machines can reach without TLS; without users, everybody may do everything.")
    var insecure = false

    @Option(help: "The node's certificate and those above it, in PEM form. Read again at SIGHUP.", completion: .file())
    var tlsCertificate: String?

    @Option(help: "The certificate's private key, in PEM form.", completion: .file())
    var tlsKey: String?

    @Option(help: "Clients must show a certificate that one of these has signed, besides their password.")
    var tlsClientCa: String?

    @Option(help: "The oldest version of TLS spoken: 1.2 or 1.3. (default: 1.2)")
    var tlsMinimumVersion: String?

    @Option(help: "Connect to the other nodes as this user, who has the role replicate. (default: tandem)")
    var replicationUser: String?

    @Option(help: "A file with that user's password in its first line.", completion: .file())
    var replicationPasswordFile: String?

    @Option(help: "TLS to the other nodes: disable, require, verify-ca or verify-full. (default: disable)")
    var replicationTls: String?

    @Option(help: "Certificates of the authorities the other nodes' are verified with. (default: the system's)")
    var replicationTlsCa: String?

    @Option(help: "How long a log-in may take, from the connection's first byte. (default: 10s)")
    var loginTimeout: String?

    @Option(help: "At most so many connections that have not logged in, 1 to 100000. (default: 200)")
    var maximumStartups: String?

    @Option(
        help: "The longest message of a client that has logged in, in bytes, 65536 to 1073741823. (default: 268435456)")
    var maximumMessageSize: String?

    /// What was said on the command line, under the names the file uses.
    var said: [String: String] {
        var said: [String: String] = [:]
        said["insecure"] = insecure ? "true" : nil
        said["tlsCertificate"] = tlsCertificate
        said["tlsKey"] = tlsKey
        said["tlsClientCa"] = tlsClientCa
        said["tlsMinimumVersion"] = tlsMinimumVersion
        said["replicationUser"] = replicationUser
        said["replicationPasswordFile"] = replicationPasswordFile
        said["replicationTls"] = replicationTls
        said["replicationTlsCa"] = replicationTlsCa
        said["loginTimeout"] = loginTimeout
        said["maximumStartups"] = maximumStartups
        said["maximumMessageSize"] = maximumMessageSize
        return said
    }
}
