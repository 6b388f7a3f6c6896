import Foundation
import TandemPostgres
import TandemTransactions

@main
struct Books {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let primary = environment["PRIMARY_URL"] ?? "tandem://books@127.0.0.1:7432/books"
        let database = Database(primary: try PostgresDataSource(primary))
        try await database.execute("DROP TABLE IF EXISTS book")
        try await database.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL)")
        let books = BookService(database: database)
        try await books.add(["Emma", "Persuasion"])
        do { try await books.add(["Lady Susan", ""]) } catch { print("nothing added: \(error)") }
        print(try await books.all().map(\.title))
        await database.shutdown()
    }
}
