import ArgumentParser
import Crypto
import Foundation
import Hummingbird
import Logging
import TandemHummingbird
import TandemTransactions

/// The service: an HTTP server over a primary database and its replicas.
@main
struct BookServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "BookService", abstract: "Serve books from a primary database and its replicas.",
        discussion: """
            URLs: tandem://…, postgresql://…, mariadb://… What is not given as an option is taken from PRIMARY_URL and REPLICA_URLS \
            (separated by spaces), and the secret that all instances share from SESSION_KEY (base64 of 32 bytes).
            """)

    @Option(help: "The URL of the primary.")
    var primary = ProcessInfo.processInfo.environment["PRIMARY_URL"] ?? "tandem://books@127.0.0.1:7432/books"

    @Option(help: "The URL of a replica; may be given several times.")
    var replica = (ProcessInfo.processInfo.environment["REPLICA_URLS"] ?? "").split(separator: " ").map(String.init)

    @Option(help: "The port of 127.0.0.1 on which to serve.")
    var port = 8080

    func run() async throws {
        let logger = Logger(label: "books")
        let database = Database(
            primary: try dataSource(primary), replicas: try replica.map { try dataSource($0) })
        let books = BookService(
            database: database, books: BookRepository(database: database), titles: TitleService(database: database))
        var application = Application(
            router: BookController(books: books, keys: try sessionKeys()).router(),
            configuration: .init(address: .hostname("127.0.0.1", port: port)), services: [database], logger: logger)
        application.beforeServerStarts { try await BookSchema(database: database).create() }
        try await application.runService()
    }

    /// Without a shared secret each instance has one of its own, and believes only itself.
    private func sessionKeys() throws -> SessionKeys {
        let secret = ProcessInfo.processInfo.environment["SESSION_KEY"].flatMap { Data(base64Encoded: $0) }
        return try SessionKeys(current: secret.map { SymmetricKey(data: $0) } ?? SymmetricKey(size: .bits256))
    }
}
