import NIOCore
import NIOSSL

/// What a client's connections need for TLS, read from files once.
public final class ClientTLS: Sendable {
    private let context: NIOSSLContext

    /// Reads the files; nil for ``ClientTLSOptions/Mode/disable``.
    ///
    /// - Throws: ``PostgresError`` that names the file and what is wrong with it.
    public static func make(_ options: ClientTLSOptions) throws(PostgresError) -> ClientTLS? {
        options.mode == .disable ? nil : try ClientTLS(options)
    }

    private init(_ options: ClientTLSOptions) throws(PostgresError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = [StartupStateMachine.applicationProtocol]
        configuration.certificateVerification =
            switch options.mode {
            case .disable, .require: .none
            case .verifyCA: .noHostnameVerification
            case .verifyFull: .fullVerification
            }
        if let file = options.rootFile {
            configuration.trustRoots = .certificates(try TLSFiles.certificates(file))
        }
        if let certificate = options.certificateFile, let key = options.keyFile {
            configuration.certificateChain = try TLSFiles.certificates(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try TLSFiles.privateKey(key))
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFiles.failure("the files for TLS cannot be used: \(error)")
        }
    }

    /// A handler for a connection to `host`. A name is told to the server; an address is not, and must stand in the
    /// certificate itself.
    func makeHandler(host: String) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }
}
