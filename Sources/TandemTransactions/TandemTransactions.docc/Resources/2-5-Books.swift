import Foundation
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
        try await database.execute("DROP TABLE IF EXISTS book")
        try await database.execute(
            "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, reviews INTEGER NOT NULL DEFAULT 0)")
        let books = BookService(database: database)
        try await DatabaseSession.with { _ in
            try await books.add(["Emma", "Persuasion"])
            do {
                print(try await books.reviewed().map(\.title))
            } catch let error as DatabaseError {
                print("\(error.code): \(error.message)")
            }
        }
        await database.shutdown()
    }
}
