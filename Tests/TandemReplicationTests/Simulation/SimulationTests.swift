import Foundation
import TandemReplication
import Testing

@testable import TandemLog

/// Random schedules: crashes, cut links, late connections, repeated messages, full and lost disks, restarts and promotions.
@Suite struct SimulationTests {
    /// How many seeds a run tries; `TANDEM_SEEDS` says otherwise. A debug build does some 400 a second, a release build
    /// 1,500.
    static let seeds: Int = ProcessInfo.processInfo.environment["TANDEM_SEEDS"].flatMap { Int($0) } ?? 5000
    /// How long seeds that no run has tried are tried as well, the fixed ones included; not at all unless
    /// `TANDEM_SIMULATION_SECONDS` says so.
    static let freshDuration: Duration? =
        ProcessInfo.processInfo.environment["TANDEM_SIMULATION_SECONDS"].flatMap { Int($0) }.map { .seconds($0) }

    @Test func noSeedBreaksAPromise() throws {
        if let seed = ProcessInfo.processInfo.environment["TANDEM_SEED"].flatMap({ UInt64($0) }) {
            return try replay(seed)
        }
        let begin = ContinuousClock.now
        try check(1...UInt64(Self.seeds)) { true }
        if let duration = Self.freshDuration {
            let first = UInt64.random(in: 1_000_000_000...(.max / 2))
            try check(first...(.max)) { ContinuousClock.now - begin < duration }
        }
    }

    /// Runs `seeds` in their order until one breaks a promise, or `goesOn` says no.
    private func check(_ seeds: ClosedRange<UInt64>, while goesOn: () -> Bool) throws {
        var counts = Simulation.Counts()
        var (tried, unhealed) = (0, 0)
        for seed in seeds {
            guard goesOn() else { break }
            let simulation = Simulation(seed: seed, options: SimulationOptions(seed: seed))
            do {
                if try !simulation.run() { unhealed += 1 }
            } catch {
                Issue.record("seed \(seed): \(error); TANDEM_SEED=\(seed) replays it with its trace")
                return
            }
            counts += simulation.counts
            tried += 1
        }
        print("\(tried) seeds from \(seeds.lowerBound), \(unhealed) with too few nodes left to heal: \(counts)")
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
