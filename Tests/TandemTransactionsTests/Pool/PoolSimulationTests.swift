import Foundation
import Testing

@testable import TandemTransactions

@Suite struct PoolSimulationTests {
    /// Seeds of this run; `TANDEM_SEED` replays one.
    static let seeds: [UInt64] = {
        if let text = ProcessInfo.processInfo.environment["TANDEM_SEED"], let seed = UInt64(text) { return [seed] }
        return (0..<40).map { _ in UInt64.random(in: 0...UInt64.max) }
    }()

    @Test(arguments: seeds)
    func whateverHappensNoConnectionAndNobodyIsLost(seed: UInt64) throws {
        // A seed that fails is in the name of the test that failed.
        var simulation = try PoolSimulation(seed: seed)
        simulation.run(steps: 1500)
        #expect(simulation.grants > 0)
    }

    /// Each idle connection was asked after the other, and each had its time to answer.
    @Test func nobodyWaitsForMoreThanOneSilenceWhoHasAnotherServerToGoTo() throws {
        var mostIdle = 0
        for seed in 1...200 {
            var simulation = try PoolSimulation(seed: UInt64(seed))
            let (wait, idle) = simulation.runIntoSilence(steps: 300)
            mostIdle = max(mostIdle, idle)
            // What was being made as new, an attempt to connect, and the time that the driver gets beyond its own.
            #expect(wait <= .seconds(5 + 1 + 10 + 1 + 1), "seed \(seed): \(idle) were idle")
        }
        #expect(mostIdle > 3, "they would take longer than that one after the other")
    }

    /// Without this the first might be true because nothing happens.
    @Test func theSimulationReachesWhatItIsFor() throws {
        var (grants, failures, made) = (0, 0, 0)
        for seed in 1...10 {
            var simulation = try PoolSimulation(seed: UInt64(seed))
            simulation.run(steps: 1500)
            grants += simulation.grants
            failures += simulation.failures
            made += simulation.connectionsMade
        }
        #expect(grants > 500)
        #expect(failures > 50)
        #expect(made > 50)
    }
}
