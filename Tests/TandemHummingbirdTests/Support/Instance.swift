import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TandemTransactions
import Testing

@testable import TandemHummingbird

/// One instance of a service: GET /read answers with the server that was read, GET /write writes, GET /fail writes and
/// then fails with an answer, GET /break with an error that is none.
struct Instance {
    let application: Application<RouterResponder<BasicRequestContext>>

    init(
        _ servers: LaggingServers, keys: SessionKeys, configuration: SessionConfiguration = .init(),
        now: @escaping @Sendable () -> Date = { Date(timeIntervalSince1970: 1_800_000_000) }
    ) {
        let database = servers.database()
        let router = Router()
        router.add(middleware: DatabaseSessionMiddleware(keys: keys, configuration: configuration, now: now))
        router.get("read") { _, _ in
            try await database.transaction(readOnly: true) {
                _ = try await database.query("READ")
                return Transaction.current?.server ?? "nobody"
            }
        }
        router.get("write") { _, _ in
            try await database.transaction { try await database.execute("WRITE") }
            return "written"
        }
        router.get("fail") { _, _ -> String in
            try await database.transaction { try await database.execute("WRITE") }
            throw HTTPError(.conflict, message: "no more of that")
        }
        router.get("break") { _, _ -> String in
            try await database.transaction { try await database.execute("WRITE") }
            throw CocoaError(.fileNoSuchFile)
        }
        router.get("break-before") { _, _ -> String in throw CocoaError(.fileNoSuchFile) }
        application = Application(router: router)
    }

    struct Answer {
        var status: HTTPResponse.Status
        var body: String
        var fields: HTTPFields

        /// The value of the header; nil where there is none.
        var header: String? { HTTPField.Name("Tandem-Session").flatMap { fields[$0] } }

        /// The value of the cookie that was set; nil where none was.
        var cookie: String? { fields[values: .setCookie].compactMap(CookieJar.parse).first { $0.age > 0 }?.value }
    }

    /// - Parameter cookie: the value of a session's cookie, in the place of those of a jar.
    func get(
        _ path: String, cookie: String? = nil, header: String? = nil, jar: CookieJar = CookieJar()
    ) async throws -> Answer {
        var fields: HTTPFields = [:]
        let cookies = cookie.map { ["tandem-session.x": $0] } ?? jar.cookies
        fields[.cookie] = (["other=1"] + cookies.map { "\($0)=\($1)" }).joined(separator: "; ")
        if let header { fields[try #require(HTTPField.Name("Tandem-Session"))] = header }
        return try await application.test(.router) { [fields] client in
            try await client.execute(uri: "/\(path)", method: .get, headers: fields) { response in
                Answer(status: response.status, body: String(buffer: response.body), fields: response.headers)
            }
        }
    }
}

extension SymmetricKey {
    /// A key that each test makes again.
    static func test(_ number: UInt8) -> SymmetricKey { SymmetricKey(data: [UInt8](repeating: number, count: 32)) }
}
