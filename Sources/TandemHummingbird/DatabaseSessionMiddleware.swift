import Foundation
import HTTPTypes
import Hummingbird
import TandemTransactions

/// Lets each user read what they have written, whichever instance of the service and whichever replica answers.
///
/// ```swift
/// router.add(middleware: DatabaseSessionMiddleware(keys: try SessionKeys(current: key)))
/// ```
/// Each request runs in a ``/TandemTransactions/DatabaseSession`` of its own, which begins where the client's cookies and
/// header say, at the newest of them; what it writes moves on, and the answer tells the client so. What is no token of this
/// service, is changed, or is older than the lifetime, counts as none.
///
/// A request that commits and then fails tells its position too. An error that is no answer is logged then and answered with
/// 500, as Hummingbird does at last: add this before (outside of) a middleware that makes other answers of errors.
///
/// The session ends with the handler: what an answer's body writes or reads while it is streamed does not belong to it.
public struct DatabaseSessionMiddleware<Context: RequestContext>: RouterMiddleware {
    private let configuration: SessionConfiguration
    private let token: PositionToken
    private let header: HTTPField.Name?
    private let now: @Sendable () -> Date

    /// A middleware for all requests whose handlers use a database.
    ///
    /// - Parameters:
    ///   - keys: sign the positions and verify them; the same in all instances of the service.
    ///   - configuration: names, lifetime and scope of cookie and header.
    public init(keys: SessionKeys, configuration: SessionConfiguration = .init()) {
        self.init(keys: keys, configuration: configuration, now: { Date.now })
    }

    init(keys: SessionKeys, configuration: SessionConfiguration, now: @escaping @Sendable () -> Date) {
        self.configuration = configuration
        self.now = now
        token = PositionToken(keys: keys, audience: configuration.cookieName, lifetime: configuration.lifetime)
        header = configuration.headerName.flatMap { HTTPField.Name($0) }
    }

    /// Runs the request in a session, and adds cookie and header to its answer after a commit.
    ///
    /// - Throws: what `next` throws. After a commit only what is an answer itself.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let now = now()
        let tokens = SessionTokens(request.headers, header: header, cookie: configuration.cookieName) {
            token.positions(in: $0, at: now)
        }
        return try await DatabaseSession.with(positions: tokens.positions) { session in
            do {
                var response = try await next(request, context)
                response.headers.append(contentsOf: fields(of: session, after: tokens, context))
                return response
            } catch let error as any HTTPResponseError {
                let fields = fields(of: session, after: tokens, context)
                throw fields.isEmpty ? error : ErrorWithPosition(error: error, fields: fields)
            } catch {
                let fields = fields(of: session, after: tokens, context)
                if fields.isEmpty { throw error }
                context.logger.error("a request has failed after it had committed", metadata: ["error": "\(error)"])
                return Response(status: .internalServerError, headers: fields)
            }
        }
    }

    /// What tells the client how far its session has come; nothing where it has not moved.
    private func fields(of session: DatabaseSession, after tokens: SessionTokens, _ context: Context) -> HTTPFields {
        guard session.hasCommitted else { return [:] }
        guard let text = token.signed(session.positions, at: now()) else {
            context.logger.warning("a session's position is too long to be carried; its user may read older states")
            return [:]
        }
        let name = SessionTokens.cookieName(configuration.cookieName, for: text)
        var fields = HTTPFields()
        fields.append(setCookie(name, text, lifetime: configuration.lifetime))
        // They are in the new one.
        for old in tokens.cookies where old != name { fields.append(setCookie(old, "", lifetime: .zero)) }
        if let header { fields[header] = text }
        return fields
    }

    private func setCookie(_ name: String, _ value: String, lifetime: Duration) -> HTTPField {
        let cookie = Cookie(
            name: name, value: value, maxAge: Int(lifetime.components.seconds), domain: configuration.domain,
            path: configuration.path, secure: configuration.isSecure, httpOnly: true, sameSite: configuration.sameSite)
        return HTTPField(name: .setCookie, value: cookie.description)
    }
}

/// An error for the client, after something was committed.
private struct ErrorWithPosition: HTTPResponseError {
    let error: any HTTPResponseError
    let fields: HTTPFields

    var status: HTTPResponse.Status { error.status }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = try error.response(from: request, context: context)
        response.headers.append(contentsOf: fields)
        return response
    }
}
