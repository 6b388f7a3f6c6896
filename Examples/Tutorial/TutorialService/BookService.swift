import Hummingbird
import TandemMacros

struct Book: Codable, ResponseEncodable {
    var id: Int
    var title: String
}

struct BookService {
    let database: Database

    @Transactional(readOnly: true)
    func all() async throws -> [Book] {
        try await database.query("SELECT id, title FROM book ORDER BY id", as: Book.self)
    }

    @Transactional
    func add(_ title: String) async throws -> Book {
        let ids = try await database.execute(
            "INSERT INTO book (title) VALUES (\(title))", returning: "id", as: Int.self)
        return Book(id: ids[0], title: title)
    }
}
