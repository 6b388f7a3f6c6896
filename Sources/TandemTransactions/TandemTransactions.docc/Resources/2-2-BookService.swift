import TandemMacros

struct Book: Codable {
    var id: Int
    var title: String
}

struct EmptyTitle: Error {}

struct BookService {
    let database: Database

    @Transactional(readOnly: true)
    func all() async throws -> [Book] {
        let books = try await database.query("SELECT id, title FROM book ORDER BY id", as: Book.self)
        if let current = Transaction.current, let name = current.name, let server = current.server {
            print("\(name) on \(server): \(current.routing?.description ?? "")")
        }
        return books
    }

    @Transactional
    func add(_ titles: [String]) async throws {
        for title in titles {
            guard !title.isEmpty else { throw EmptyTitle() }
            try await database.execute("INSERT INTO book (title) VALUES (\(title))")
        }
    }
}
