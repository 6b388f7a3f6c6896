import TandemTestServers
import TandemTransactions
import Testing

/// A task is cancelled at every point of what it does with its servers, one run after the other, until one is not reached.
extension AcceptanceTests {
    /// The points: before and after each call of the driver, in the program itself and in its hooks.
    @Test(arguments: Engines.served, CancellationScenario.allCases.filter { !$0.hasHosts })
    func whereverATaskIsCancelledNothingIsLeftHalfDone(engine: Engines, scenario: CancellationScenario) async throws {
        let bed = try await CancellationBed.make(on: engine)
        let fuse = Fuse()
        let (primary, replica) = try bed.bed.dataSources()
        let points = try await cancelEverywhere(scenario, bed, fuse) {
            try bed.database(FusedDataSource(primary, fuse), FusedDataSource(replica, fuse), for: scenario)
        }
        #expect(points >= 6)
        await bed.close()
    }

    /// The points: before each piece of data that goes to the server or comes from it is passed on. So it is cancelled
    /// before the server has a statement, and when its answer is there but not yet here.
    @Test(arguments: Engines.wired, CancellationScenario.allCases)
    func whateverIsOnTheWireWhenATaskIsCancelledNothingIsLeftHalfDone(
        engine: Engines, scenario: CancellationScenario
    ) async throws {
        let bed = try await CancellationBed.make(on: engine)
        let fuse = Fuse()
        let wires = (try #require(bed.bed.wire), try #require(bed.bed.replicaWire))
        var proxies: [NetworkProxy] = []
        for wire in [wires.0, wires.1] {
            let proxy = try await NetworkProxy.start(to: wire.port) { _ in
                fuse.pass()
                return .zero
            }
            proxies.append(proxy)
        }
        let (primary, replica) = (proxies[0].port, proxies[1].port)
        let points = try await cancelEverywhere(scenario, bed, fuse) {
            // Each knows nothing of who is which.
            let sources = (
                try wires.0.source(scenario.hasHosts ? [replica, primary] : [primary]),
                try wires.1.source(scenario.hasHosts ? [primary, replica] : [replica])
            )
            return try bed.database(sources.0, sources.1, for: scenario)
        }
        #expect(points > 4)
        await bed.close()
        for proxy in proxies { try await proxy.stop() }
    }

    /// - Returns: how many points there were.
    private func cancelEverywhere(
        _ scenario: CancellationScenario, _ bed: CancellationBed, _ fuse: Fuse, _ make: () throws -> Database
    ) async throws -> Int {
        var database = try make()
        for point in 1...500 {
            let attempt = Attempt(database, number: point, fuse: fuse)
            let (result, hasBurnt, passed) = try await run(scenario, attempt, fuse, cancelAt: point)
            let comment: Comment = "cancelled at point \(point) of \(passed)"
            if !hasBurnt { try result.get() }
            if case .failure(let error) = result, !bed.mayBeInDoubt(scenario) || !isInDoubt(error) {
                expectCancellation(error, comment)
            }
            try await bed.checkPools(of: database, comment)
            try await bed.checkData(of: attempt, scenario, comment)
            guard hasBurnt else {
                await database.shutdown(grace: .zero)
                return passed
            }
            // Every other run begins without connections, and may be cancelled while it waits for one.
            if point.isMultiple(of: 2) {
                await database.shutdown(grace: .zero)
                database = try make()
            }
        }
        throw TestServerError("a run of \(scenario) has more than 500 points")
    }

    private func run(
        _ scenario: CancellationScenario, _ attempt: Attempt, _ fuse: Fuse, cancelAt point: Int
    ) async throws -> (Result<Void, any Error>, hasBurnt: Bool, passed: Int) {
        let (start, go) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            for await _ in start { break }
            try await scenario.run(attempt)
        }
        fuse.watch(task, cancelAt: point)
        go.yield()
        let result = await task.result
        let (hasBurnt, passed) = fuse.release()
        return (result, hasBurnt, passed)
    }

    private func isInDoubt(_ error: any Error) -> Bool { (error as? DatabaseError)?.code == .outcomeUnknown }

    /// A task that is cancelled is told so, in the words of its hooks where those were cancelled.
    private func expectCancellation(_ error: any Error, _ comment: Comment) {
        if let cause = (error as? DatabaseError)?.cause { return expectCancellation(cause, comment) }
        if error is CancellationError { return }
        Issue.record(error, comment)
    }
}
