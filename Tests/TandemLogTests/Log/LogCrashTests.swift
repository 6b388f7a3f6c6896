import Testing

@testable import TandemLog

@Suite struct LogCrashTests {
    /// After each of many crashes the log is a prefix of what was appended, with everything flushed in it, and no
    /// torn tail passes for damage; records that were cut never come back.
    @Test(arguments: 0..<10) func afterACrashTheLogIsAPrefixWithAllThatWasFlushed(group: UInt64) throws {
        var crashes = 0
        var cuts = 0
        var tornTails = 0
        var segments = 0
        for seed in group * 40..<(group + 1) * 40 {
            var scenario = CrashScenario(seed: seed)
            do {
                try scenario.run(steps: 150)
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
            crashes += scenario.crashes
            cuts += scenario.cuts
            tornTails += scenario.tornTails
            segments = max(segments, scenario.segments)
        }
        // The scenario must meet what it is about.
        #expect(crashes > 400 && cuts > 40 && tornTails > 40 && segments > 2)
    }
}
