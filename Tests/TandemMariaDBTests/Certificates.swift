import Foundation
import TandemTestServers

/// Certificates for a server on 127.0.0.1, made by `openssl`.
struct Certificates {
    private let folder: TemporaryFolder
    /// An authority, and one that has signed nothing.
    var authority: String { "\(folder.path)/authority.pem" }
    var stranger: String { "\(folder.path)/stranger.pem" }
    var certificate: String { "\(folder.path)/server.pem" }
    var key: String { "\(folder.path)/server.key" }

    static func make() async throws -> Certificates {
        let made = Certificates(folder: try TemporaryFolder())
        for name in ["authority", "stranger"] {
            try await made.openssl(
                "req", "-x509", "-days", "2", "-subj", "/CN=\(name)", "-out", "\(name).pem", key: name)
        }
        try await made.openssl(
            "req", "-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1", "-out", "server.csr", key: "server")
        try await made.openssl(
            "x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
            "-CAcreateserial", "-copy_extensions", "copy", "-out", "server.pem")
        // The server has another user's rights.
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: made.key)
        return made
    }

    func remove() { folder.remove() }

    /// - Parameter key: the name of a key that is made with it.
    private func openssl(_ command: String, _ arguments: String..., key: String? = nil) async throws {
        let newKey = key.map { ["-newkey", "rsa:2048", "-nodes", "-keyout", "\($0).key"] } ?? []
        let files = (newKey + arguments).map { argument in
            [".pem", ".key", ".csr"].contains { argument.hasSuffix($0) } ? "\(folder.path)/\(argument)" : argument
        }
        try await ServerProcess.run("openssl", [command] + files, log: "\(folder.path)/openssl.log")
    }
}
