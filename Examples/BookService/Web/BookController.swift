import Hummingbird
import TandemHummingbird

/// The paths.
struct BookController {
    let books: BookService
    let keys: SessionKeys

    func router() -> Router<BookRequestContext> {
        let router = Router(context: BookRequestContext.self)
        router.add(middleware: JournalMiddleware())
        // Here without HTTPS; a real service leaves the cookie as it is.
        router.add(middleware: DatabaseSessionMiddleware(keys: keys, configuration: .init(isSecure: false)))
        router.add(middleware: DatabaseErrorMiddleware())
        let api = router.group("api/book")
        api.get("slave") { _, _ in try await books.allFromReplica() }
        api.get("master") { _, _ in try await books.allFromPrimary() }
        api.get("update/slave") { request, _ in try await books.updateInReadOnly(to: title(in: request)) }
        api.get("update/master") { request, _ in try await books.updateInReadWrite(to: title(in: request)) }
        api.get("update/slave/requires-new") { request, _ in try await books.updateInNew(to: title(in: request)) }
        api.get("update/slave/self") { request, _ in try await books.updateInNewBySelfCall(to: title(in: request)) }
        return router
    }

    private func title(in request: Request) -> String {
        request.uri.queryParameters["title"].map(String.init) ?? "UPDATED"
    }
}
