import Foundation
import TandemMacros

/// The table of the books, and the five that are there at the beginning.
struct BookSchema {
    let database: Database

    /// Not in a transaction: MariaDB ends one where a table is made.
    func create() async throws {
        try await database.execute(
            """
            CREATE TABLE IF NOT EXISTS book (
                id INTEGER PRIMARY KEY, title VARCHAR(200) NOT NULL,
                created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL)
            """)
        try await addBooks()
    }

    @Transactional
    func addBooks() async throws {
        guard try await database.query("SELECT id FROM book", as: Int.self).isEmpty else { return }
        let now = Date.now
        for id in 1...5 {
            try await database.execute(
                "INSERT INTO book (id, title, created_at, updated_at) VALUES (\(id), 'INIT', \(now), \(now))")
        }
    }
}
