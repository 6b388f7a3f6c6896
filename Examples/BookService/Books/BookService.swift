import TandemMacros

/// What the service does with books, a transaction each. No method names a server: `readOnly` decides.
struct BookService {
    let database: Database
    let books: BookRepository
    let titles: TitleService

    @Transactional(readOnly: true)
    func allFromReplica() async throws -> [Book] { try await books.findAll() }

    @Transactional
    func allFromPrimary() async throws -> [Book] { try await books.findAll() }

    /// Is refused: `updateTitle` joins a transaction that only reads.
    @Transactional(readOnly: true)
    func updateInReadOnly(to title: String) async throws -> [Book] {
        try await updateTitle(of: try await books.findAll(), to: title)
    }

    @Transactional
    func updateInReadWrite(to title: String) async throws -> [Book] {
        try await updateTitle(of: try await books.findAll(), to: title)
    }

    /// Reads on a replica; another object writes in a transaction of its own.
    @Transactional(readOnly: true)
    func updateInNew(to title: String) async throws -> [Book] {
        try await titles.updateTitle(of: try await books.findAll(), to: title, with: books)
    }

    /// The same with a method of its own.
    @Transactional(readOnly: true)
    func updateInNewBySelfCall(to title: String) async throws -> [Book] {
        try await updateTitleInNew(of: try await books.findAll(), to: title)
    }

    @Transactional
    func updateTitle(of found: [Book], to title: String) async throws -> [Book] {
        for book in found { try await books.rename(book.id, to: title) }
        return try await books.findAll()
    }

    @Transactional(propagation: .requiresNew)
    func updateTitleInNew(of found: [Book], to title: String) async throws -> [Book] {
        try await updateTitle(of: found, to: title)
    }
}
