import Hummingbird

/// The paths.
struct BookController {
    let books: BookService

    func router() -> Router<BookRequestContext> {
        let router = Router(context: BookRequestContext.self)
        router.add(middleware: JournalMiddleware())
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
