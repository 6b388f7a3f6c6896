/// How a client speaks TLS: libpq's `sslmode`, as far as it protects.
public struct ClientTLSOptions: Hashable, Sendable {
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// No TLS.
        case disable
        /// TLS with whomever answers: nobody can listen, but somebody may sit between.
        case require
        /// The server's certificate must be signed by one of the roots.
        case verifyCA = "verify-ca"
        /// And it must be the one of the host that is dialled.
        case verifyFull = "verify-full"
    }

    /// Default ``Mode/disable``.
    public var mode: Mode
    /// The roots, in PEM form; nil for those of the system.
    public var rootFile: String?
    /// A certificate to show if the server asks for one, with its key, both in PEM form.
    public var certificateFile: String?
    public var keyFile: String?

    public init(_ mode: Mode = .disable, rootFile: String? = nil) {
        self.mode = mode
        self.rootFile = rootFile
    }
}
