import Foundation
import Hummingbird
import TandemPostgres
import TandemTransactions

@main
struct Books {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let primary = environment["PRIMARY_URL"] ?? "tandem://books@127.0.0.1:7432/books"
        let replica = environment["REPLICA_URLS"] ?? "tandem://books@127.0.0.1:7433/books"
        let database = Database(
            primary: try PostgresDataSource(primary), replicas: [try PostgresDataSource(replica)])
        let controller = BookController(books: BookService(database: database))
        let port = environment["PORT"].flatMap(Int.init) ?? 8080
        var application = Application(
            router: controller.router(), configuration: .init(address: .hostname("127.0.0.1", port: port)),
            services: [database])
        application.beforeServerStarts {
            try await database.execute("DROP TABLE IF EXISTS book")
            try await database.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL)")
        }
        try await application.runService()
    }
}
