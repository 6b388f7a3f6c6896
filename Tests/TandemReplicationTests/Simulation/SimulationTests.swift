import Foundation
import TandemReplication
import Testing

@testable import TandemLog

/// Random schedules: crashes, cut links, late connections, lost disks, restarts and promotions.
@Suite struct SimulationTests {
    /// How many seeds a run tries; `TANDEM_SEEDS` says otherwise. A debug build does some 400 a second, a release build
    /// 1,500.
    static let seeds: Int = ProcessInfo.processInfo.environment["TANDEM_SEEDS"].flatMap { Int($0) } ?? 5000

    @Test func noSeedBreaksAPromise() throws {
        if let seed = ProcessInfo.processInfo.environment["TANDEM_SEED"].flatMap({ UInt64($0) }) {
            return try replay(seed)
        }
        var counts = Simulation.Counts()
        var unhealed = 0
        for seed in 1...UInt64(Self.seeds) {
            let simulation = Simulation(seed: seed, options: SimulationOptions(seed: seed))
            do {
                if try !simulation.run() { unhealed += 1 }
            } catch {
                Issue.record("seed \(seed): \(error); TANDEM_SEED=\(seed) replays it with its trace")
                return
            }
            counts += simulation.counts
        }
        print("\(Self.seeds) seeds, \(unhealed) with too few nodes left to heal: \(counts)")
    }

    /// Replays one seed and prints its trace.
    private func replay(_ seed: UInt64) throws {
        var options = SimulationOptions(seed: seed)
        options.traces = true
        let simulation = Simulation(seed: seed, options: options)
        defer { print(simulation.story) }
        _ = try simulation.run()
    }
}
