import Foundation
import TandemTransactions

/// The statements. They run in whatever transaction is current.
struct BookRepository {
    let database: Database

    func findAll() async throws -> [Book] {
        defer { Journal.note("SELECT") }
        return try await database.query(
            "SELECT id, title, created_at, updated_at FROM book ORDER BY id", as: Book.self)
    }

    func rename(_ id: Int, to title: String) async throws {
        defer { Journal.note("UPDATE \(id)") }
        try await database.execute("UPDATE book SET title = \(title), updated_at = \(Date.now) WHERE id = \(id)")
    }
}
