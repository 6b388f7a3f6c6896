import HTTPTypes
import Hummingbird

/// Tells in the answer's header, a line a statement, which server ran what and why.
struct JournalMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: BookRequestContext, next: (Request, BookRequestContext) async throws -> Response
    ) async throws -> Response {
        let journal = Journal()
        var response = try await Journal.$current.withValue(journal) { try await next(request, context) }
        guard let name = HTTPField.Name("X-Statement") else { return response }
        for line in journal.lines { response.headers.append(HTTPField(name: name, value: line)) }
        return response
    }
}
