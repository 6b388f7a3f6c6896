import TandemTransactions
import Testing

/// An engine set up for the acceptance tests: a primary and a replica with a table `book` of two rows.
protocol Bed: Sendable {
    /// Data sources of the primary and of the replica.
    func dataSources() throws -> (primary: any DataSource, replica: any DataSource)

    /// Makes the rows 1 and 2, both titled `old`, and returns when the replica shows them.
    func reset() async throws

    /// The titles by id, as the primary has committed them.
    func titles() async throws -> [Int: String]

    /// Where the primary listens; nil where there is no wire.
    var wire: Wire? { get }

    /// Where the replica listens; nil where there is no wire.
    var replicaWire: Wire? { get }

    /// How many statements wait on the primary for a lock, or for the one writer.
    func blockedStatements() async throws -> Int
}

/// A server on a port of loopback, and how it is reached on another one, or looked for on several.
struct Wire: Sendable {
    let port: Int
    let source: @Sendable (_ ports: [Int]) throws -> any DataSource
}

/// The beds, each started when it is first asked for and used by one case at a time.
actor Beds {
    static let shared = Beds()
    private var started: [Engines: Task<Stand, any Error>] = [:]

    /// A bed with a database over it.
    struct Stand: Sendable {
        let bed: any Bed
        let recorder: Recorder
        let database: Database
    }

    func stand(on engine: Engines) async throws -> Stand {
        if let task = started[engine] { return try await task.value }
        let task = Task {
            let bed = try await engine.start()
            let recorder = Recorder()
            return Stand(bed: bed, recorder: recorder, database: try bed.database(recorder))
        }
        started[engine] = task
        return try await task.value
    }
}

extension Bed {
    var wire: Wire? { nil }
    var replicaWire: Wire? { nil }

    func blockedStatements() async throws -> Int { 0 }

    /// A database whose connections are named after their server and the order in which they are used.
    func database(_ recorder: Recorder, configuration: Database.Configuration = .init()) throws -> Database {
        let (primary, replica) = try dataSources()
        return Database(
            primary: LabellingDataSource(primary, letter: "M", recorder),
            replicas: [LabellingDataSource(replica, letter: "S", recorder)], configuration: configuration)
    }
}
