import CLayerBenchmark
import Glibc

/// Runs operations again and again, in rounds and in turns, and tells what one costs.
struct Meter: Sendable {
    /// How long all rounds of an operation take together.
    let time: Duration
    /// Measures only operations with these words in their name, for a profiler to look at; nil for all.
    let only: String?

    /// An operation to be measured: it runs itself so many times.
    struct Subject {
        let name: String
        let run: (_ count: Int) async throws -> Void
    }

    private struct Round {
        var wall: Double
        var cpu: Double
    }

    /// Many and short: what else the machine does, and where the system lets threads wake, changes within a tenth of a second.
    private static let rounds = 201
    /// So many rounds' operations are run to count what they allocate: what is allocated once must not count for each.
    private static let memoryRounds = 4
    /// So many pairs are run until the clock is looked at.
    private static let pairsAtOnce = 64

    /// Measures subjects in turns, so that neighbours in time are compared.
    func measure(_ subjects: [Subject], what: String, engine: String? = nil) async throws -> [Figure] {
        let subjects = subjects.filter { subject in only.map { name(of: subject, what).contains($0) } ?? true }
        var counts: [Int] = []
        for subject in subjects { counts.append(try await count(of: subject)) }
        var rounds = Array(repeating: [Round](), count: subjects.count)
        for turn in 0..<Self.rounds {
            for place in subjects.indices.map({ ($0 + turn) % subjects.count }) {
                rounds[place].append(try await round(of: subjects[place], counts[place]))
            }
        }
        var figures: [Figure] = []
        for (place, subject) in subjects.enumerated() {
            var figure = try await memory(of: subject, count: counts[place] * Self.memoryRounds, what: what)
            figure.engine = engine
            figure.wall = Self.median(rounds[place].map(\.wall))
            figure.cpu = Self.median(rounds[place].map(\.cpu))
            for (other, base) in zip(subjects, rounds) where other.name != subject.name {
                figure.ratios[other.name] = Self.median(zip(rounds[place], base).map { $0.wall / $1.wall })
            }
            figures.append(figure)
        }
        return figures
    }

    /// By how many nanoseconds one operation takes longer than another: the median of the differences of pairs.
    ///
    /// Each pair is one of both in random order, so that whatever lasts longer than an operation, such as the processor that a
    /// thread wakes on, is alike for both. nil where ``only`` leaves one of them out.
    func difference(of subject: Subject, to base: Subject, what: String) async throws -> Double? {
        if let only, ![subject, base].allSatisfy({ name(of: $0, what).contains(only) }) { return nil }
        let end = ContinuousClock.now + time
        var differences: [Double] = []
        while ContinuousClock.now < end {
            for _ in 0..<Self.pairsAtOnce {
                let (longer, shorter): (Double, Double)
                if Bool.random() {
                    longer = try await wall(of: subject)
                    shorter = try await wall(of: base)
                } else {
                    shorter = try await wall(of: base)
                    longer = try await wall(of: subject)
                }
                differences.append(longer - shorter)
            }
        }
        return Self.median(differences)
    }

    private func wall(of subject: Subject) async throws -> Double {
        let start = Self.nanoseconds(CLOCK_MONOTONIC)
        try await subject.run(1)
        return Self.nanoseconds(CLOCK_MONOTONIC) - start
    }

    /// How many operations one round takes.
    private func count(of subject: Subject) async throws -> Int {
        var count = 16
        while true {
            let start = ContinuousClock.now
            try await subject.run(count)
            let share = (ContinuousClock.now - start) / time * Double(Self.rounds)
            if share > 0.1 { return max(16, Int(Double(count) / share)) }
            count *= 4
        }
    }

    private func round(of subject: Subject, _ count: Int) async throws -> Round {
        let (wall, cpu) = (Self.nanoseconds(CLOCK_MONOTONIC), Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID))
        try await subject.run(count)
        return Round(
            wall: (Self.nanoseconds(CLOCK_MONOTONIC) - wall) / Double(count),
            cpu: (Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / Double(count))
    }

    private func memory(of subject: Subject, count: Int, what: String) async throws -> Figure {
        let bytes = allocated_bytes()
        let before = allocation_counts()
        count_allocations(1)
        try await subject.run(count)
        count_allocations(0)
        let after = allocation_counts()
        let made = Double(after.allocations - before.allocations)
        return Figure(
            what: name(of: subject, what), wall: 0, cpu: 0, allocations: made / Double(count),
            kept: (made - Double(after.releases - before.releases)) / Double(count),
            grownBytes: Double(allocated_bytes() - bytes) / Double(count))
    }

    private func name(of subject: Subject, _ what: String) -> String {
        subject.name.isEmpty ? what : "\(what), \(subject.name)"
    }

    private static func nanoseconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
