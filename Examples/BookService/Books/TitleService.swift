import TandemMacros

/// Changes titles in transactions of its own, whoever calls.
struct TitleService {
    let database: Database

    @Transactional(propagation: .requiresNew)
    func updateTitle(of found: [Book], to title: String, with books: BookRepository) async throws -> [Book] {
        for book in found { try await books.rename(book.id, to: title) }
        return try await books.findAll()
    }
}
