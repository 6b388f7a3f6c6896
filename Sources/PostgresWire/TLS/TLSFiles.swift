import Glibc
import NIOSSL

/// Certificates and keys as files in PEM form, read with words for what is wrong with them.
enum TLSFiles {
    static func certificates(_ path: String) throws(PostgresError) -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(path)
            guard !certificates.isEmpty else { throw failure("the file \(path) holds no certificate") }
            return certificates
        } catch let error as PostgresError {
            throw error
        } catch {
            throw failure("cannot read certificates from \(path): \(reason(path, error))")
        }
    }

    /// - Throws: if others than the owner and the group `root` may read the file: PostgreSQL's rule for keys.
    static func privateKey(_ path: String) throws(PostgresError) -> NIOSSLPrivateKey {
        var information = stat()
        guard stat(path, &information) == 0 else {
            throw failure("cannot read the private key \(path): \(String(cString: strerror(errno)))")
        }
        let forbidden: mode_t = information.st_uid == 0 ? 0o037 : 0o077
        guard information.st_mode & forbidden == 0 else {
            throw failure("the private key \(path) can be read by others; say: chmod 600 \(path)")
        }
        do {
            return try NIOSSLPrivateKey(file: path, format: .pem)
        } catch {
            throw failure("cannot read a private key from \(path): \(reason(path, error))")
        }
    }

    static func failure(_ message: String) -> PostgresError {
        PostgresError(severity: .fatal, code: .systemError, message: message)
    }

    private static func reason(_ path: String, _ error: any Error) -> String {
        access(path, R_OK) == 0 ? "it is not in PEM form, or is damaged" : String(cString: strerror(errno))
    }
}
