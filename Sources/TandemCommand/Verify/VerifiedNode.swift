import NIOPosix
import PostgresWire
import Tandem

/// A node that is compared with others: one session that keeps a state of its database in sight, one for everything else.
final class VerifiedNode: Sendable {
    let address: HostAndPort
    private let reading: PostgresClientConnection
    private let control: PostgresClientConnection

    init(_ address: HostAndPort, _ login: NodeLogin) async throws {
        self.address = address
        var options = login.options(to: address)
        options.connectTimeout = .seconds(5)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        reading = try await PostgresClientConnection.connect(options, on: loop)
        control = try await PostgresClientConnection.connect(options, on: loop)
    }

    func close() {
        reading.close()
        control.close()
    }

    // MARK: Its place in the log

    /// Has it apply nothing more for some seconds.
    func hold() async throws { _ = try await control.query("ALTER SYSTEM HOLD") }

    /// Has it apply everything up to `index`, and nothing above it for some seconds.
    ///
    /// - Returns: whether it stands there.
    func hold(at index: UInt64) async throws -> Bool {
        do {
            _ = try await control.query("ALTER SYSTEM HOLD AT '\(index)'")
            return true
        } catch {
            guard error.code == .objectNotInPrerequisiteState else { throw error }
            return false
        }
    }

    func release() async throws { _ = try await control.query("ALTER SYSTEM RELEASE") }

    /// What is applied at this moment.
    func applied() async throws -> UInt64 { try await index(on: control) }

    /// Why it does not come to `index`: it follows nobody at the moment, and does not know of so much. Nil if it may come.
    func obstacle(to index: UInt64) async throws -> String? {
        let table = try await control.query("SHOW tandem.status").last
        guard let table, let row = table.rows.first else { return nil }
        let status = StatusRow(table.columns, row)
        guard status["state"] == "connecting", let known = status["commit_index"].flatMap({ UInt64($0) }), known < index
        else { return nil }
        return "it has come to record \(known), not to \(index), and waits for \(status["waiting_for"] ?? "a primary")"
    }

    /// Whether it shows its rows: a replica that has drifted does only with `--on-drift report`.
    func showsRows() async throws -> Bool {
        do {
            _ = try await begin()
            try await end()
            return true
        } catch let error as PostgresError where VerifyReport.isDamage(error) {
            return false
        }
    }

    /// Keeps the state of this moment in sight, until ``end()``.
    ///
    /// - Returns: the index that is applied in it.
    func begin() async throws -> UInt64 {
        _ = try await reading.query("BEGIN READ ONLY; SAVEPOINT verify")
        return try await index(on: reading)
    }

    func end() async throws { _ = try await reading.query("ROLLBACK") }

    /// Asks for nothing, so that the node does not take the session for forgotten.
    func stay() async throws { _ = try await reading.query("SELECT 1") }

    private func index(on connection: PostgresClientConnection) async throws -> UInt64 {
        let answer = try await connection.query("SELECT tandem_applied()").last?.rows.first?.first ?? nil
        guard let answer, let index = UInt64(answer) else {
            throw VerifyFailure(description: "\(address) does not say which record its database stands at")
        }
        return index
    }

    // MARK: What it has, in the state that is in sight

    /// The tables' and the other objects' definitions.
    func schema() async throws -> [SchemaObject] {
        let sql = """
            SELECT name, type, sql, iif(rootpage <> 0 AND type = 'table' AND substr(name, 1, 7) <> 'sqlite_', 'yes', 'no')
              FROM sqlite_schema
              WHERE substr(name, 1, 8) <> '_tandem_' AND substr(name, 1, 11) <> 'sqlite_stat' ORDER BY name, type
            """
        return try await rows(sql).map { row in
            SchemaObject(name: row[0] ?? "", type: row[1] ?? "", sql: row[2], hasRows: row[3] == "yes")
        }
    }

    /// The numbers that the file's header has for its users, and the log carries.
    func headerNumbers() async throws -> [String] {
        var numbers: [String] = []
        for name in ["user_version", "application_id"] {
            let number = try await rows("PRAGMA \(name)").first?.first ?? nil
            numbers.append("\(name) \(number ?? "unknown")")
        }
        return numbers
    }

    /// The numbers that AUTOINCREMENT has used up.
    func sequences() async throws -> [String] {
        try await rows("SELECT name, max(seq) FROM sqlite_sequence GROUP BY name ORDER BY name")
            .map { "\($0[0] ?? ""): \($0[1] ?? "")" }
    }

    func content(_ table: String, _ range: KeyRange) async throws -> RangeContent {
        let arguments = [table, range.after, range.through].map(Self.literal).joined(separator: ", ")
        let answer = try await rows("SELECT tandem_content(\(arguments))").first?.first ?? nil
        guard let answer, let content = RangeContent(answer) else {
            throw VerifyFailure(description: "\(address) does not say what is in table \(table)")
        }
        return content
    }

    /// The key that lies so many rows above `after`; nil if there are not so many.
    func bound(_ table: String, after: String?, rows count: Int) async throws -> String? {
        let arguments = [table, after].map(Self.literal).joined(separator: ", ")
        return try await rows("SELECT tandem_content_bound(\(arguments), \(count))").first?.first ?? nil
    }

    /// What SQLite says of the file's pages; empty if they are sound. Not to be asked while a state is in sight.
    func damage() async throws -> [String] {
        _ = try await begin()
        let messages = try await rows("PRAGMA integrity_check(10)").compactMap { $0.first ?? nil }
        try await end()
        return messages.filter { $0 != "ok" }
    }

    private func rows(_ sql: String) async throws -> [[String?]] {
        do {
            return try await reading.query(sql).last?.rows ?? []
        } catch {
            // The state stays in sight after an error, too.
            _ = try? await reading.query("ROLLBACK TO verify")
            throw error
        }
    }

    private static func literal(_ text: String?) -> String {
        guard let text else { return "NULL" }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
