import Hummingbird
import TandemHummingbird
import TandemTransactions

struct NewBook: Decodable {
    var title: String
}

struct BookController {
    let books: BookService
    let keys: SessionKeys

    func router() -> Router<BasicRequestContext> {
        let router = Router()
        // Without HTTPS, for this tutorial; a real service leaves isSecure as it is.
        router.add(middleware: DatabaseSessionMiddleware(keys: keys, configuration: .init(isSecure: false)))
        router.get("books") { _, _ in try await books.all() }
        router.post("books") { request, context in
            try await books.add(try await request.decode(as: NewBook.self, context: context).title)
        }
        router.get("routing") { _, _ in books.database.explainRouting() }
        return router
    }
}
