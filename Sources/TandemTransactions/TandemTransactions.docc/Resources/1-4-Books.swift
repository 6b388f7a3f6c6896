import Foundation
import TandemPostgres
import TandemTransactions

@main
struct Books {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let primary = environment["PRIMARY_URL"] ?? "tandem://books@127.0.0.1:7432/books"
        let database = Database(primary: try PostgresDataSource(primary))
        await database.shutdown()
    }
}
