import Foundation
import Testing

/// Each rule is broken once, and the random schedules must notice.
@Suite struct PlantedMistakeTests {
    /// What docs/RELIABILITY.md tells of mistakes is true only if it names them all.
    @Test func theDocumentNamesEveryMistake() throws {
        let file = URL(fileURLWithPath: #filePath).appending(path: "../../../../docs/RELIABILITY.md").standardized
        let text = try String(contentsOf: file, encoding: .utf8)
        let names =
            PlantedMistake.foundAtRandom.map(\.name) + ToldStory.all.flatMap { $0.mistakes.map(\.name) }
            + MachineMistakeTests.facts.map(\.mistake)
        for name in names { #expect(text.contains("`\(name)`"), "\(name) is not in docs/RELIABILITY.md") }
    }

    @Test(arguments: PlantedMistake.foundAtRandom)
    func randomSchedulesCatch(_ mistake: PlantedMistake) {
        for seed in 1...UInt64(1000) {
            guard let violation = violation(of: mistake, seed: seed) else { continue }
            print("\(mistake.name) is caught at seed \(seed): \(violation)")
            return
        }
        Issue.record("\(mistake.name) is not caught")
    }

    /// The promise that a seed sees broken; a group that does not recover is not counted.
    private func violation(of mistake: PlantedMistake, seed: UInt64) -> Violation? {
        var options = SimulationOptions(seed: seed)
        options.mutations = mistake.mutations
        options.mistakes = mistake.mistakes
        do {
            _ = try Simulation(seed: seed, options: options).run()
            return nil
        } catch {
            guard let violation = error as? Violation, violation.promise.hasPrefix("P") else { return nil }
            return violation
        }
    }
}
