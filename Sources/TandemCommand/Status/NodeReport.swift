import Foundation
import NIOPosix
import PostgresWire
import Tandem
import TandemLog

/// What one node said of itself, or why it said nothing.
struct NodeReport: Sendable {
    let address: HostAndPort
    /// The row of SHOW tandem.status; nil if there is no answer.
    private(set) var status: StatusRow?
    /// The rows of SHOW tandem.members.
    private(set) var members: [StatusRow] = []
    private(set) var failure: String?
    /// Whether that is because the node does not let the user in.
    private(set) var isRefused = false

    subscript(name: String) -> String? { status?[name] }

    /// Asks a node.
    init(asking address: HostAndPort, _ login: NodeLogin = NodeLogin(), timeout: Duration = .seconds(3)) async {
        self.address = address
        do throws(PostgresError) {
            var options = login.options(to: address)
            options.connectTimeout = timeout
            options.startupTimeout = timeout
            let connection = try await PostgresClientConnection.connect(
                options, on: MultiThreadedEventLoopGroup.singleton.next())
            defer { connection.close() }
            let tables = try await connection.query("SHOW tandem.status; SHOW tandem.members")
            status = tables.first.flatMap { table in table.rows.first.map { StatusRow(table.columns, $0) } }
            if let table = tables.last { members = table.rows.map { StatusRow(table.columns, $0) } }
        } catch {
            failure = error.message
            isRefused = error.code.classCode == "28"
        }
    }

    /// The position of the last record of its log; nil for an empty log, or where there is no answer.
    var lastPosition: Position? { status?["last_position"].flatMap { Position($0) } }

    /// Where the cascades are that follow this very node, and the node that it follows as one.
    var cascades: [HostAndPort] {
        let named = members.filter { $0["cascade"] == "t" }.map { $0["address"] } + [status?["cascade_of"]]
        return named.compactMap { $0.flatMap { HostAndPort($0) } }
    }

    /// For JSON.
    var object: [String: Any] {
        var object = status?.object ?? [:]
        object["address"] = address.description
        if let failure { object["failure"] = failure } else { object["members"] = members.map(\.object) }
        return object
    }
}
