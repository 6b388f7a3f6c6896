import Hummingbird
import TandemTransactions

/// Answers with what went wrong in the database, the same on every engine.
struct DatabaseErrorMiddleware: RouterMiddleware {
    private struct Failure: ResponseEncodable {
        var code: String
        var message: String
        var sqlState: String?
    }

    func handle(
        _ request: Request, context: BookRequestContext, next: (Request, BookRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as DatabaseError {
            let failure = Failure(code: "\(error.code)", message: error.message, sqlState: error.sqlState)
            var response = try failure.response(from: request, context: context)
            // What may succeed when it is tried again is no fault of the program.
            response.status = error.isRetriable ? .serviceUnavailable : .internalServerError
            return response
        }
    }
}
