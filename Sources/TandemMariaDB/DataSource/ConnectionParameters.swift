import Foundation
import TandemTransactions

/// What a connection string says. It contains the password, and is never shown.
struct ConnectionParameters: Sendable {
    struct Host: Sendable, Hashable {
        var host: String
        var port: UInt32

        /// For people: `db-1:3306`.
        var name: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    var hosts: [Host]
    var user: String?
    var password: String?
    var database: String?
    var security: TransportSecurity

    /// Reads `mariadb://user:password@host1:3306,host2:3307/database?options`.
    ///
    /// - Throws: ``DatabaseError`` (`invalidValue`), which quotes nothing of the text.
    init(_ text: String) throws {
        guard let scheme = text.range(of: "://"), ["mariadb", "mysql"].contains(text[..<scheme.lowerBound]) else {
            throw Self.invalid("it does not begin with mariadb:// or mysql://")
        }
        let rest = text[scheme.upperBound...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let location = rest[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var authority = location[0]
        if let at = authority.lastIndex(of: "@") {
            let credentials = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try Self.decoded(credentials[0])
            password = try credentials.count > 1 ? Self.decoded(credentials[1]) : nil
            authority = authority[authority.index(after: at)...]
        }
        hosts = try authority.split(separator: ",", omittingEmptySubsequences: false).map(Self.host)
        let database = try location.count > 1 ? Self.decoded(location[1]) : ""
        self.database = database.isEmpty ? nil : database
        security = try TransportSecurity(rest.count > 1 ? Self.options(rest[1]) : [])
    }

    private static func host(_ text: Substring) throws -> Host {
        var name = text
        var port: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            name = text[text.index(after: text.startIndex)..<end]
            let behind = text[text.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else {
                throw invalid("a host has no port behind its bracket")
            }
            port = behind.isEmpty ? nil : behind.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            name = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !name.isEmpty else { throw invalid("a host has no name") }
        guard let port else { return Host(host: try decoded(name), port: 3306) }
        guard let number = UInt16(port), number > 0 else { throw invalid("a host's port is not from 1 to 65535") }
        return Host(host: try decoded(name), port: UInt32(number))
    }

    private static func options(_ text: Substring) throws -> [(name: String, value: String)] {
        try text.split(separator: "&").map { option in
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (try decoded(parts[0]), try parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    private static func decoded(_ text: Substring) throws -> String {
        guard let decoded = text.removingPercentEncoding else { throw invalid("a percent sign begins no code") }
        return decoded
    }

    static func invalid(_ reason: String) -> DatabaseError {
        DatabaseError(
            .invalidValue,
            "the connection string is not of the form mariadb://user:password@host1:3306,host2:3307/database?options: "
                + reason)
    }
}
