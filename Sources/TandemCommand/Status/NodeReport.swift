import Foundation
import NIOPosix
import PostgresWire
import Tandem

/// What one node said of itself, or why it said nothing.
struct NodeReport: Sendable {
    let address: HostAndPort
    /// By the names of SHOW tandem.status; without entries for NULL.
    private(set) var fields: [String: String] = [:]
    private(set) var numbers: Set<String> = []
    private(set) var members: [[String: String]] = []
    private(set) var failure: String?

    subscript(name: String) -> String? { fields[name] }

    /// Asks a node.
    init(asking address: HostAndPort, timeout: Duration = .seconds(3)) async {
        self.address = address
        do throws(PostgresError) {
            var options = PostgresClientOptions(host: address.host, port: address.port, user: "tandem")
            options.connectTimeout = timeout
            options.startupTimeout = timeout
            let connection = try await PostgresClientConnection.connect(
                options, on: MultiThreadedEventLoopGroup.singleton.next())
            defer { connection.close() }
            if let status = try await connection.query("SHOW tandem.status").first, let row = status.rows.first {
                fields = Self.named(status.columns, row)
                numbers = Set(status.columns.filter { [.int8, .float8].contains($0.type) }.map(\.name))
            }
            if let table = try await connection.query("SHOW tandem.members").first {
                members = table.rows.map { Self.named(table.columns, $0) }
            }
        } catch {
            failure = error.message
        }
    }

    private static func named(_ columns: [ColumnDescription], _ row: [String?]) -> [String: String] {
        var result: [String: String] = [:]
        for (column, value) in zip(columns, row) { result[column.name] = value }
        return result
    }

    /// For JSON: numbers as numbers.
    var object: [String: Any] {
        var object: [String: Any] = ["address": address.description]
        if let failure { object["failure"] = failure }
        for (name, value) in fields { object[name] = numbers.contains(name) ? number(value) : value }
        return object
    }

    private func number(_ text: String) -> Any {
        if let integer = Int(text) { return integer }
        return Double(text) ?? text
    }
}
