import Tandem
import TandemEmbedded
import TandemMariaDB
import TandemPostgres
import TandemTransactions

/// SELECT 1 by itself, and in a transaction: the raw driver blocking its thread; the raw driver on a thread of its own,
/// as an asynchronous program must call it; the data source's connection; the whole stack on that connection.
enum SelectBenchmark {
    private static let statement: Statement = "SELECT 1"

    static func overTheWire(_ engine: String, _ url: String, _ meter: Meter) async throws {
        let raw = try RawConnection(url)
        let source = try await SharedConnection(
            to: url.hasPrefix("mariadb:") ? try MariaDBDataSource(url) : try PostgresDataSource(url))
        let connection = source.connection
        let database = Database(primary: source)
        try await show(
            "SELECT 1", engine, meter,
            [
                Meter.Subject(name: "raw, blocking") { for _ in 0..<$0 { try raw.select() } },
                Meter.Subject(name: "raw, own thread") {
                    for _ in 0..<$0 { try await raw.onQueue { try $0.select() } }
                },
                driver(connection), layer(database),
            ])
        try await show(
            "BEGIN, SELECT 1, COMMIT", engine, meter,
            [
                Meter.Subject(name: "raw, blocking") { for _ in 0..<$0 { try raw.transaction() } },
                Meter.Subject(name: "raw, own thread") {
                    for _ in 0..<$0 { try await raw.onQueue { try $0.transaction() } }
                },
                transaction(connection), transaction(database),
            ])
        await database.shutdown()
        let shared = Database(
            primary: url.hasPrefix("mariadb:") ? try MariaDBDataSource(url) : try PostgresDataSource(url))
        let together = Meter.Subject(name: "whole stack") { try await select($0, tasks: 64, of: shared) }
        for figure in try await meter.measure([together], what: "SELECT 1 of 64 tasks", engine: engine) {
            try figure.show()
        }
        await shared.shutdown()
    }

    /// The pool has ten connections: tasks wait for each other.
    private static func select(_ count: Int, tasks: Int, of database: Database) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let tasks = min(tasks, count)
            for _ in 0..<tasks {
                group.addTask { for _ in 0..<count / tasks { _ = try await database.query(statement, as: Int.self) } }
            }
            try await group.waitForAll()
        }
    }

    static func embedded(in folder: String, _ meter: Meter) async throws {
        var configuration = NodeConfiguration(dataDirectory: folder + "/layer", role: .primary)
        configuration.acknowledgements = .count(0)
        let node = try await Node.start(configuration)
        while node.status?.servesWrites != true { try await Task.sleep(for: .milliseconds(20)) }
        let raw = try RawSQLite(path: folder + "/raw.sqlite")
        let source = try await SharedConnection(to: EmbeddedDataSource(node))
        let connection = source.connection
        let database = Database(primary: source)
        try await show(
            "SELECT 1", "embedded", meter,
            [
                Meter.Subject(name: "raw, blocking") { for _ in 0..<$0 { try raw.select() } },
                Meter.Subject(name: "raw, own thread") { for _ in 0..<$0 { try await raw.selectOnQueue() } },
                driver(connection), layer(database),
            ])
        try await show(
            "BEGIN, SELECT 1, COMMIT", "embedded", meter,
            [
                Meter.Subject(name: "raw, blocking") { for _ in 0..<$0 { try raw.transaction() } },
                Meter.Subject(name: "raw, own thread") { for _ in 0..<$0 { try await raw.transactionOnQueue() } },
                transaction(connection), transaction(database),
            ])
        await database.shutdown()
        await node.stop()
    }

    private static func driver(_ connection: any DataSourceConnection) -> Meter.Subject {
        Meter.Subject(name: "data source's connection") { count in
            for _ in 0..<count {
                let result = try await connection.execute(statement, deadline: nil)
                guard result.rows.first?.values == [.integer(1)] else { throw unexpected(result) }
            }
        }
    }

    private static func layer(_ database: Database) -> Meter.Subject {
        Meter.Subject(name: "whole stack") { count in
            for _ in 0..<count { _ = try await database.query(statement, as: Int.self) }
        }
    }

    private static func transaction(_ connection: any DataSourceConnection) -> Meter.Subject {
        Meter.Subject(name: "data source's connection") { count in
            let characteristics = TransactionCharacteristics(isReadOnly: true)
            for _ in 0..<count {
                _ = try await connection.begin(characteristics, executing: statement, deadline: nil).get()
                _ = try await connection.commit()
            }
        }
    }

    private static func transaction(_ database: Database) -> Meter.Subject {
        Meter.Subject(name: "whole stack") { count in
            for _ in 0..<count {
                _ = try await database.transaction(readOnly: true) { try await database.query(statement, as: Int.self) }
            }
        }
    }

    private static func unexpected(_ result: StatementResult) -> DatabaseError {
        DatabaseError(.invalidValue, "SELECT 1 gave \(result)")
    }

    /// Shows what each takes, and how much more the last, which is the whole stack, takes than the data source's connection
    /// before it.
    private static func show(
        _ what: String, _ engine: String, _ meter: Meter, _ subjects: [Meter.Subject]
    ) async throws {
        var figures = try await meter.measure(subjects, what: what, engine: engine)
        let more = try await meter.difference(
            of: subjects[subjects.count - 1], to: subjects[subjects.count - 2], what: what)
        if let more { figures[figures.count - 1].more = more }
        for figure in figures { try figure.show() }
    }
}
