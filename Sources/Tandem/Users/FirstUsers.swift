import Glibc
import NIOConcurrencyHelpers
import PostgresWire
import TandemSQLite

/// Users who were made while the node was stopped: a file in the data directory, believed by this node until it has
/// brought them into its group as primary, and the way back in for who has lost a password.
///
/// One user a line: `name`, a tab, the roles as a number, a tab, the verifier.
public final class FirstUsers: Sendable {
    private let path: String
    private let users: NIOLockedValueBox<[String: StoredUser]>

    /// Reads the file; none means no users.
    ///
    /// - Throws: ``TandemError`` (`damaged`) that names the file.
    init(path: String) throws(TandemError) {
        self.path = path
        users = NIOLockedValueBox(try Self.read(path))
    }

    var isEmpty: Bool { users.withLockedValue { $0.isEmpty } }
    var includeAdministrator: Bool { users.withLockedValue { Self.includeAdministrator($0) } }
    var all: [StoredUser] { users.withLockedValue { $0.values.sorted { $0.name < $1.name } } }

    subscript(name: String) -> StoredUser? { users.withLockedValue { $0[name] } }

    /// The users are in the group's database: the file goes, then what was read of it.
    func imported() throws(TandemError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw Self.failure("cannot remove \(path)") }
        users.withLockedValue { $0 = [:] }
    }

    /// Adds a user to a node that is stopped, in the place of one of the same name.
    ///
    /// - Returns: whether one of those who were added so has the role administrate: unless the group has such a user
    ///   already, somebody has to.
    /// - Throws: ``TandemError`` (`dataDirectory`), among others if the node runs; (`invalidConfiguration`) for a name
    ///   or a password that is none.
    public static func add(
        name: String, password: String, roles: UserRoles, dataDirectory: String
    ) throws(TandemError) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 63, !name.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw TandemError(
                .invalidConfiguration, "the name of a user has 1 to 63 bytes, and none that is not printed")
        }
        let verifier: String?
        do throws(PostgresError) {
            verifier = try UserChange.Password.text(password).verifier
        } catch {
            throw TandemError(.invalidConfiguration, error.message)
        }
        let directory = try DataDirectory(dataDirectory)
        defer { directory.release() }
        var users = try read(directory.firstUsers)
        users[name] = StoredUser(name: name, verifier: verifier, roles: roles.complete.rawValue)
        try write(users, directory.firstUsers)
        return includeAdministrator(users)
    }

    private static func includeAdministrator(_ users: [String: StoredUser]) -> Bool {
        users.values.contains { UserRoles(rawValue: $0.roles).contains(.administrate) }
    }

    private static func read(_ path: String) throws(TandemError) -> [String: StoredUser] {
        guard let file = fopen(path, "re") else {
            if errno == ENOENT { return [:] }
            throw failure("cannot read \(path)")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        var users: [String: StoredUser] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard parts.count == 3, let roles = Int(parts[1]), ScramVerifier(String(parts[2])) != nil else {
                throw TandemError(
                    .damaged,
                    "\(path) does not hold what 'tandem user add --data' wrote there; remove it, and add its users again"
                )
            }
            let name = String(parts[0])
            users[name] = StoredUser(name: name, verifier: String(parts[2]), roles: roles)
        }
        return users
    }

    /// Aside, flushed, renamed: a crash leaves the old file or the new one.
    private static func write(_ users: [String: StoredUser], _ path: String) throws(TandemError) {
        let lines = users.values.sorted { $0.name < $1.name }.map { "\($0.name)\t\($0.roles)\t\($0.verifier ?? "")\n" }
        let bytes = Array(lines.joined().utf8)
        let descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot write \(path)") }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            rename(path + ".new", path) == 0
        else { throw failure("cannot write \(path)") }
    }

    private static func failure(_ message: String) -> TandemError {
        TandemError(.dataDirectory, "\(message): \(String(cString: strerror(errno)))")
    }
}
