import NIOConcurrencyHelpers
import NIOSSL

/// A server's certificate and key, which can be read again while it runs. New connections get what was read last.
public final class ServerTLS: Sendable {
    struct Identity: Sendable {
        let context: NIOSSLContext
        /// The data of `tls-server-end-point`; nil if the certificate's signature defines none.
        let channelBinding: [UInt8]?
    }

    private let options: ServerTLSOptions
    private let state: NIOLockedValueBox<Identity>

    /// Reads the files.
    ///
    /// - Throws: ``PostgresError`` that names the file and what is wrong with it.
    public init(_ options: ServerTLSOptions) throws(PostgresError) {
        self.options = options
        state = NIOLockedValueBox(try Self.read(options))
    }

    /// Whether clients must show a certificate of their own.
    public var asksForClientCertificates: Bool { options.clientCAFile != nil }

    var identity: Identity { state.withLockedValue { $0 } }

    /// Reads the files again.
    ///
    /// - Throws: ``PostgresError``; what was read before stays in use.
    public func reload() throws(PostgresError) {
        let identity = try Self.read(options)
        state.withLockedValue { $0 = identity }
    }

    private static func read(_ options: ServerTLSOptions) throws(PostgresError) -> Identity {
        let chain = try TLSFiles.certificates(options.certificateFile)
        let key = try TLSFiles.privateKey(options.keyFile)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = options.minimumVersion == .tls13 ? .tlsv13 : .tlsv12
        configuration.applicationProtocols = [StartupStateMachine.applicationProtocol]
        // A peer that does not say goodbye is waited for no longer.
        configuration.shutdownTimeout = .seconds(1)
        if let file = options.clientCAFile {
            configuration.trustRoots = .certificates(try TLSFiles.certificates(file))
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            return Identity(
                context: try NIOSSLContext(configuration: configuration),
                channelBinding: CertificateHash.channelBinding(of: chain[0]))
        } catch {
            throw TLSFiles.failure(
                "the certificate \(options.certificateFile) and the key \(options.keyFile) cannot be used together: do they belong to each other?"
            )
        }
    }
}
