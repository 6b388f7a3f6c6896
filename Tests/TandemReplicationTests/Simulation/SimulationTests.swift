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
        try check(1...UInt64(Self.seeds), areNew: false) { true }
        if let duration = Self.freshDuration {
            let first = UInt64.random(in: 1_000_000_000...(.max / 2))
            try check(first...(.max), areNew: true) { ContinuousClock.now - begin < duration }
        }
    }

    @Test(
        arguments: [
            ("P1", true, true), ("P4", true, true), ("alarm", true, true), (Violation.recovery, true, false),
            ("P1", false, true), (Violation.recovery, false, true),
        ] as [(promise: String, isNew: Bool, fails: Bool)])
    func whatANewSeedFindsFailsTheRunUnlessTheGroupMerelyDoesNotRecover(
        _ finding: (promise: String, isNew: Bool, fails: Bool)
    ) {
        let violation = Violation(promise: finding.promise, what: "")
        #expect(Self.failsRun(violation, isNew: finding.isNew) == finding.fails)
    }

    /// What a seed has found that no run has tried need not be the fault of what is submitted. A broken promise stops all
    /// the same; a group that does not recover is told, and mended after it.
    private static func failsRun(_ error: any Error, isNew: Bool) -> Bool {
        guard isNew, let violation = error as? Violation else { return true }
        return violation.promise != Violation.recovery
    }

    /// Runs `seeds` in their order until one fails the run, or `goesOn` says no.
    private func check(_ seeds: ClosedRange<UInt64>, areNew: Bool, while goesOn: () -> Bool) throws {
        var counts = Simulation.Counts()
        var (tried, unhealed) = (0, 0)
        for seed in seeds {
            guard goesOn() else { break }
            let simulation = Simulation(seed: seed, options: SimulationOptions(seed: seed))
            do {
                if try !simulation.run() { unhealed += 1 }
            } catch {
                let finding = "seed \(seed): \(error); TANDEM_SEED=\(seed) replays it with its trace"
                if Self.failsRun(error, isNew: areNew) {
                    Issue.record("\(finding)")
                    return
                }
                print("NOT RECOVERED: \(finding)")
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
