import TandemMacros

struct Book: Codable {
    var id: Int
    var title: String
}

struct EmptyTitle: Error {}

struct BookService {
    let database: Database

    func all() async throws -> [Book] {
        try await database.query("SELECT id, title FROM book ORDER BY id", as: Book.self)
    }

    func add(_ titles: [String]) async throws {
        for title in titles {
            guard !title.isEmpty else { throw EmptyTitle() }
            try await database.execute("INSERT INTO book (title) VALUES (\(title))")
        }
    }
}
