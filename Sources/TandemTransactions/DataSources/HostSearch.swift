/// A connection that tells what its server was when it was made.
package protocol HostConnection: DataSourceConnection {
    var role: ServerRole { get }
}

/// In which order hosts are asked, and what is told where none of them will do.
package struct HostSearch {
    /// What a host answered.
    package enum Answer {
        /// It has the other role.
        case role(ServerRole)
        case failure(DatabaseError)
    }

    let role: ServerRole?
    /// The place is nil of an answer that nobody was asked for.
    private var answers: [(host: String, place: Int?, answer: Answer)] = []
    /// The places still to be asked. First each is asked briefly: one whose machine is silent is not to keep the others from
    /// being found.
    private var waiting: [(place: Int, isBrief: Bool)]
    /// The one that is being asked.
    private var current: (place: Int, isBrief: Bool, deadline: ContinuousClock.Instant)?

    /// How long a host may take that is asked briefly. A connection with TLS takes some milliseconds, and those of machines
    /// far away some hundred.
    static let briefTime = Duration.seconds(1)

    /// - Parameters:
    ///   - count: how many hosts there are.
    ///   - lastGood: the place of the one that had the role last, which is asked first.
    package init(for role: ServerRole?, count: Int, lastGood: Int?) {
        self.role = role
        let others = (0..<count).filter { $0 != lastGood }
        let order = lastGood.map { $0 < count ? [$0] + others : others } ?? others
        waiting = order.map { ($0, count > 1) }
    }

    /// The next host to ask and until when: an equal share of the time for each that is left. Nil where all have answered.
    package mutating func next(
        now: ContinuousClock.Instant, until end: ContinuousClock.Instant
    ) -> (place: Int, deadline: ContinuousClock.Instant)? {
        guard let (place, isBrief) = waiting.first else { return nil }
        let share = (end - now) / waiting.count
        let deadline = now + (isBrief ? min(share, Self.briefTime) : share)
        waiting.removeFirst()
        current = (place, isBrief, deadline)
        return (place, deadline)
    }

    /// The host that is being asked has answered, or could not be asked. One that was silent for the brief time is asked
    /// again after the others, for longer.
    package mutating func answered(_ host: String, _ answer: Answer, now: ContinuousClock.Instant = .now) {
        if case .failure = answer, let current, current.isBrief, current.deadline <= now {
            return waiting.append((current.place, false))
        }
        answers.append((host, current?.place, answer))
    }

    /// Whether the host that is being asked was silent before, and has all the time that is left now.
    var isAskedForLong: Bool { current.map { !$0.isBrief } ?? false }

    /// The places of all others: of those that have answered, and, asked again, will at once; then of those that were silent,
    /// too, and wait for their turn.
    var otherPlaces: [Int] { answers.compactMap(\.place) + waiting.map(\.place) }

    /// The place of a host that has the other role, if one has: where none has the wanted one it is the first to get it, and
    /// to be asked next time.
    package var likeliest: Int? {
        for case (_, let place?, .role) in answers { return place }
        return nil
    }

    /// Why there is no connection: what each host answered.
    package var error: DatabaseError {
        var failures: [DatabaseError] = []
        for case (_, _, .failure(let error)) in answers { failures.append(error) }
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
        answers.map { host, _, answer in
            switch answer {
            case .role(.primary): "\(host) is a primary"
            case .role(.replica): "\(host) is a replica"
            case .failure(let error): "\(host): \(error.message)"
            }
        }.joined(separator: "; ")
    }
}
