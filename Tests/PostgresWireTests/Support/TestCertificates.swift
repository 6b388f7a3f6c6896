import Foundation

@testable import PostgresWire

/// Certificates made by openssl for one test, in a folder of their own: a root, and a server's and a client's.
final class TestCertificates {
    let folder: String

    /// - Parameter digest: the hash of the certificates' signatures, as openssl calls it.
    init(digest: String = "sha256") throws {
        folder = NSTemporaryDirectory() + "tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try run(
            """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=root \
              -keyout root.key -out root.pem
            make() {
              openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout $1.key -out $1.csr
              printf "subjectAltName=$2" > $1.ext
              openssl x509 -req -in $1.csr -CA root.pem -CAkey root.key -CAcreateserial -days 2 -\(digest) \
                -extfile $1.ext -out $1.pem
              chmod 600 $1.key
            }
            make server DNS:localhost
            make address IP:127.0.0.1
            make client DNS:client
            """)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func run(_ script: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-ec", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.featureUnsupported) }
    }

    func path(_ name: String) -> String { folder + "/" + name }

    func server(_ name: String = "server", clientCA: Bool = false) throws -> ServerTLS {
        var options = ServerTLSOptions(certificateFile: path("\(name).pem"), keyFile: path("\(name).key"))
        if clientCA { options.clientCAFile = path("root.pem") }
        return try ServerTLS(options)
    }

    func client(
        _ mode: ClientTLSOptions.Mode, root: Bool = true, certificate: String? = nil
    ) throws -> ClientTLS? {
        var options = ClientTLSOptions(mode, rootFile: root ? path("root.pem") : nil)
        options.certificateFile = certificate.map { path("\($0).pem") }
        options.keyFile = certificate.map { path("\($0).key") }
        return try ClientTLS.make(options)
    }
}
