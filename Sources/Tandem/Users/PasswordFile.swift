import Glibc
import PostgresWire

/// A password in a file that nobody else can read: its first line.
public enum PasswordFile {
    /// - Throws: `PostgresError` that names the file, and what to do.
    public static func read(_ path: String) throws(PostgresError) -> String {
        guard let file = fopen(path, "re") else { throw failure("cannot read the password file \(path): \(reason)") }
        defer { fclose(file) }
        var information = stat()
        guard fstat(fileno(file), &information) == 0 else {
            throw failure("cannot read the password file \(path): \(reason)")
        }
        guard information.st_mode & S_IFMT != S_IFREG || information.st_mode & 0o077 == 0 else {
            throw failure("the password file \(path) can be read by others; say: chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard let password = String(validating: line, as: UTF8.self), !password.isEmpty else {
            throw failure("the password file \(path) has no password in its first line")
        }
        return password
    }

    private static var reason: String { String(cString: strerror(errno)) }

    private static func failure(_ message: String) -> PostgresError {
        PostgresError(severity: .fatal, code: .systemError, message: message)
    }
}
