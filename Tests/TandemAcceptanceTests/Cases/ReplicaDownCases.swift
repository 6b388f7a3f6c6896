import TandemTransactions
import Testing

/// X69 to X73: a replica that cannot be reached. Unlike Spring's router ours goes to the primary then, unless told not to
/// (decision 13).
extension AcceptanceTests {
    @Test(arguments: Engines.tested) func x69x70x73_readsGoToThePrimary(engine: Engines) async throws {
        let test = try await withoutReplica(on: engine)
        try await test.database.transaction(readOnly: true) { try await test.read(on: "M1") }
        try await test.database.transaction {
            try await test.write(1, on: "M1")
            try await test.database.transaction(readOnly: true, propagation: .requiresNew) {
                try await test.sees("old")
            }
        }
        #expect(try await test.titles() == ["new", "old"])
        await test.database.shutdown()
    }

    @Test(arguments: Engines.tested)
    func x70x73_whereReadsMustNotGoToThePrimaryTheyFailAndTheOuterGoesOn(engine: Engines) async throws {
        let test = try await withoutReplica(on: engine, RoutingConfiguration(fallsBackToPrimary: false))
        let read = { () async throws in
            try await test.database.transaction(readOnly: true, propagation: .requiresNew) { _ = try await test.read() }
        }
        #expect(await test.code(read) == .noServer)
        try await test.database.transaction {
            try await test.write(1)
            #expect(await test.code(read) == .noServer)
        }
        #expect(try await test.titles() == ["new", "old"])
        await test.database.shutdown()
    }

    @Test(arguments: Engines.tested) func x71x72_whatNeedsNoReplicaDoesNotNotice(engine: Engines) async throws {
        let test = try await withoutReplica(on: engine)
        try await test.database.transaction(readOnly: true, name: "A") { #expect(Transaction.current?.name == "A") }
        #expect(test.usedNoConnection)
        try await test.database.transaction { try await test.write(1, on: "M1") }
        #expect(try await test.titles() == ["new", "old"])
        await test.database.shutdown()
    }

    /// The engine's primary with a replica that nobody can connect to.
    private func withoutReplica(
        on engine: Engines, _ routing: RoutingConfiguration = RoutingConfiguration()
    ) async throws -> SingleCase {
        let test = try await SingleCase.begin(on: engine)
        let (primary, replica) = try test.stand.bed.dataSources()
        return test.over(
            Database(
                primary: LabellingDataSource(primary, letter: "M", test.stand.recorder),
                replicas: [UnreachableDataSource(engine: replica.engine)], configuration: .init(routing: routing)))
    }
}

/// A data source whose server is down.
private struct UnreachableDataSource: DataSource {
    let engine: Engine
    var name: String { "127.0.0.1:1" }
    var writers: WriterCount { .many }

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        throw DatabaseError(.connectionLost, "connection to \(name) refused", sqlState: "08001")
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? { nil }
}
