import CMariaDB
import Dispatch

/// Asks a server over a connection of its own, apart from what is tested.
enum MariaDBProbe {
    struct Address: Sendable {
        var port: Int
        var user: String
        var password: String
        var database: String?
    }

    /// The library is not made ready twice at the same time.
    private static let isReady = mysql_server_init(0, nil, nil) == 0

    /// Runs statements, separated by semicolons, and gives the rows of the last as text.
    static func query(_ sql: String, at address: Address) async throws -> [[String?]] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try run(sql, address) })
            }
        }
    }

    private static func run(_ sql: String, _ address: Address) throws -> [[String?]] {
        guard isReady, let connection = mysql_init(nil) else { throw TestServerError("libmariadb has no memory") }
        defer { mysql_close(connection) }
        var seconds: UInt32 = 10
        mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &seconds)
        mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        let flags = UInt(CLIENT_MULTI_STATEMENTS)
        guard
            mysql_real_connect(
                connection, "127.0.0.1", address.user, address.password, address.database, UInt32(address.port), nil,
                flags) != nil, mysql_real_query(connection, sql, UInt(sql.utf8.count)) == 0
        else { throw TestServerError("\(sql): \(String(cString: mysql_error(connection)))") }
        var rows: [[String?]] = []
        while true {
            if let result = mysql_store_result(connection) {
                rows = self.rows(of: result)
                mysql_free_result(result)
            }
            let next = mysql_next_result(connection)
            if next < 0 { return rows }
            guard next == 0 else { throw TestServerError("\(sql): \(String(cString: mysql_error(connection)))") }
        }
    }

    private static func rows(of result: UnsafeMutablePointer<MYSQL_RES>) -> [[String?]] {
        var rows: [[String?]] = []
        while let row = mysql_fetch_row(result) {
            rows.append((0..<Int(mysql_num_fields(result))).map { row[$0].map { String(cString: $0) } })
        }
        return rows
    }
}
