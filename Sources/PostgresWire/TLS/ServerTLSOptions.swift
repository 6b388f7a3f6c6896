/// How a server speaks TLS.
public struct ServerTLSOptions: Hashable, Sendable {
    /// The oldest version of TLS that is spoken.
    public enum MinimumVersion: String, Hashable, Sendable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// The server's certificate and those between it and the root, in PEM form.
    public var certificateFile: String
    /// Its private key, in PEM form.
    public var keyFile: String
    /// Clients must show a certificate that one of these has signed, besides their password; nil asks for none.
    public var clientCAFile: String?
    /// Default 1.2.
    public var minimumVersion = MinimumVersion.tls12

    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
