import TandemTransactions

/// How connections are encrypted: the options `sslMode`, `sslCA`, `sslCAPath`, `sslCert`, `sslKey`, `sslCipher`,
/// `sslCRL` and `tlsVersion` of a connection string.
struct TransportSecurity: Sendable, Hashable {
    /// As MariaDB's other connectors name them.
    enum Mode: String, Sendable {
        /// No TLS.
        case disable
        /// TLS, whoever the server is.
        case trust
        /// TLS; the server's certificate must be signed by a known authority and name the host.
        case verifyFull = "verify-full"
    }

    var mode = Mode.disable
    var authority: String?
    var authorityFolder: String?
    var certificate: String?
    var key: String?
    var cipher: String?
    var revocations: String?
    var versions: String?

    /// - Throws: ``DatabaseError`` (`invalidValue`) for an option that is not known: one that is overlooked might have
    ///   been the one that secures the connection.
    init(_ options: [(name: String, value: String)]) throws {
        var mode: Mode?
        for (name, value) in options {
            switch name {
            case "sslMode":
                guard let known = Mode(rawValue: value) else {
                    throw ConnectionParameters.invalid("sslMode is none of disable, trust and verify-full")
                }
                mode = known
            case "sslCA": authority = value
            case "sslCAPath": authorityFolder = value
            case "sslCert": certificate = value
            case "sslKey": key = value
            case "sslCipher": cipher = value
            case "sslCRL": revocations = value
            case "tlsVersion": versions = value
            default:
                throw ConnectionParameters.invalid(
                    "it has an option that is none of sslMode, sslCA, sslCAPath, sslCert, sslKey, sslCipher, sslCRL and "
                        + "tlsVersion")
            }
        }
        // Who names an authority wants the server checked against it.
        self.mode = mode ?? (authority ?? authorityFolder == nil ? .disable : .verifyFull)
    }
}
