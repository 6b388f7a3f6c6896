import ArgumentParser
import PostgresWire
import Tandem

// Who gets in, and how the node gets into others.
extension NodeSettings {
    func setAccess(_ configuration: inout NodeConfiguration) throws {
        try set(&configuration.allowsInsecureListening, "insecure", "true or false", Self.boolean)
        configuration.tls = try tls()
        try set(
            &configuration.loginTimeout, "loginTimeout", "a time above zero, such as 10s", DurationText.positive)
        try set(
            &configuration.maximumStartups, "maximumStartups", "a number from 1 to 100000", Self.number(1...100_000))
        try set(
            &configuration.maximumMessageSize, "maximumMessageSize", "bytes from 65536 to 1073741823",
            Self.number(65_536...(1 << 30 - 1)))
        if let user = text("replicationUser") { configuration.replication.user = user }
        configuration.replication.passwordFile = text("replicationPasswordFile")
        try set(
            &configuration.replication.tls.mode, "replicationTls", TLSModeText.expected,
            ClientTLSOptions.Mode.init(rawValue:))
        configuration.replication.tls.rootFile = text("replicationTlsCa")
        // Nodes that ask clients for certificates are shown this node's own.
        configuration.replication.tls.certificateFile = configuration.tls?.certificateFile
        configuration.replication.tls.keyFile = configuration.tls?.keyFile
    }

    private func tls() throws -> ServerTLSOptions? {
        switch (text("tlsCertificate"), text("tlsKey")) {
        case (nil, nil):
            guard text("tlsClientCa") == nil else {
                throw ValidationError("--tls-client-ca needs --tls-certificate and --tls-key as well")
            }
            return nil
        case (let certificate?, let key?):
            var options = ServerTLSOptions(certificateFile: certificate, keyFile: key)
            options.clientCAFile = text("tlsClientCa")
            try set(
                &options.minimumVersion, "tlsMinimumVersion", "1.2 or 1.3",
                ServerTLSOptions.MinimumVersion.init(rawValue:))
            return options
        case (_?, nil): throw ValidationError("--tls-certificate needs --tls-key as well")
        case (nil, _?): throw ValidationError("--tls-key needs --tls-certificate as well")
        }
    }
}

/// What `--replication-tls` and `--tls` take.
enum TLSModeText {
    static let expected = ClientTLSOptions.Mode.allCases.map(\.rawValue).joined(separator: ", ")
}
