/// In which order hosts are asked, and what is told where none of them will do.
package struct HostSearch {
    /// What a host answered.
    package enum Answer {
        /// It has the other role.
        case role(ServerRole)
        case failure(DatabaseError)
    }

    private let role: ServerRole?
    private var answers: [(host: String, answer: Answer)] = []

    package init(for role: ServerRole?) { self.role = role }

    /// All of `count` places, the one that had the role last first.
    package static func order(count: Int, lastGood: Int?) -> [Int] {
        guard let lastGood, lastGood < count else { return Array(0..<count) }
        return [lastGood] + (0..<count).filter { $0 != lastGood }
    }

    /// When the attempt at a host ends: an equal share of the time for each that is left.
    package static func deadline(
        now: ContinuousClock.Instant, until end: ContinuousClock.Instant, hostsLeft: Int
    ) -> ContinuousClock.Instant {
        now + (end - now) / max(hostsLeft, 1)
    }

    package mutating func answered(_ host: String, _ answer: Answer) { answers.append((host, answer)) }

    /// Why there is no connection: what each host answered.
    package var error: DatabaseError {
        var failures: [DatabaseError] = []
        for case (_, .failure(let error)) in answers { failures.append(error) }
        // A single host, or several that say the same, leave no doubt about what is wrong.
        if failures.count == answers.count, let first = failures.first,
            failures.allSatisfy({ $0.code == first.code })
        {
            var error = first
            error.message = failures.count == 1 ? first.message : "no host can be used: \(words)"
            error.server = answers.map(\.host).joined(separator: ",")
            return error
        }
        return DatabaseError(.noServer, "none of the hosts is a \(roleName): \(words)", sqlState: "08001")
    }

    private var roleName: String {
        switch role {
        case .primary: "primary"
        case .replica: "replica"
        case nil: "server that can be used"
        }
    }

    private var words: String {
        answers.map { host, answer in
            switch answer {
            case .role(.primary): "\(host) is a primary"
            case .role(.replica): "\(host) is a replica"
            case .failure(let error): "\(host): \(error.message)"
            }
        }.joined(separator: "; ")
    }
}
