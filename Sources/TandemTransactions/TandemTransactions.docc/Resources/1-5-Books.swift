import Foundation
import TandemPostgres
import TandemTransactions

@main
struct Books {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let primary = environment["PRIMARY_URL"] ?? "tandem://books@127.0.0.1:7432/books"
        let database = Database(primary: try PostgresDataSource(primary))
        try await database.execute(
            "CREATE TABLE IF NOT EXISTS book (id INTEGER PRIMARY KEY, title TEXT NOT NULL)")
        let title = "Emma"
        try await database.execute("INSERT INTO book (title) VALUES (\(title))")
        print(try await database.query("SELECT title FROM book ORDER BY id", as: String.self))
        await database.shutdown()
    }
}
