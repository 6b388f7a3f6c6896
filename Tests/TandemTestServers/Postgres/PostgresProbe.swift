import CPQ
import Dispatch

/// Asks a server over a connection of its own, apart from what is tested.
enum PostgresProbe {
    /// Runs one statement and gives its rows as text.
    static func query(_ sql: String, connection: String) async throws -> [[String?]] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try run(sql, connection) })
            }
        }
    }

    private static func run(_ sql: String, _ conninfo: String) throws -> [[String?]] {
        let connection = PQconnectdb(conninfo)
        defer { PQfinish(connection) }
        guard PQstatus(connection) == CONNECTION_OK else {
            throw TestServerError("cannot connect: \(String(cString: PQerrorMessage(connection)))")
        }
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
        let result = PQexec(connection, sql)
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
            throw TestServerError("\(sql): \(String(cString: PQerrorMessage(connection)))")
        }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
    }
}
