import Hummingbird
import TandemHummingbird
import TandemTransactions

struct NewBook: Decodable {
    var title: String
}

struct BookController {
    let books: BookService

    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("books") { _, _ in try await books.all() }
        router.post("books") { request, context in
            try await books.add(try await request.decode(as: NewBook.self, context: context).title)
        }
        return router
    }
}
