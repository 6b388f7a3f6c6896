import Foundation
import Testing

/// Each rule is broken once; the random schedules must notice.
@Suite struct PlantedMistakeTests {
    @Test func everyPlantedMistakeIsCaught() throws {
        let limit = ProcessInfo.processInfo.environment["TANDEM_SEEDS"].flatMap { UInt64($0) } ?? 2000
        for mistake in PlantedMistake.all {
            var caught: [String: Int] = [:]
            var first: UInt64?
            for seed in 1...limit {
                var options = SimulationOptions(seed: seed)
                options.mutations = mistake.mutations
                options.mistakes = mistake.mistakes
                do {
                    _ = try Simulation(seed: seed, options: options).run()
                } catch let violation as Violation {
                    caught[violation.promise, default: 0] += 1
                    if violation.promise != "live" { first = first ?? seed }
                }
            }
            print(
                "MISTAKE", mistake.name, first.map { String($0) } ?? "NOT CAUGHT",
                caught.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: " "))
        }
    }
}
