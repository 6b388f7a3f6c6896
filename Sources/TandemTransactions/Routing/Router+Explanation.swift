extension Router {
    /// What is known of each server, a line each.
    func explanation(now: ContinuousClock.Instant = .now) -> String {
        let known = table.withLockedValue { $0.replicas }
        let lines = replicas.indices.map { place in
            let (server, replica) = (replicas[place], known[place])
            var words = ["replica  \(server.source.name)", "in use \(server.provider.inUse)"]
            if let failure = replica.failure {
                words.append("down for \(failure.since.duration(to: now)): \(failure.reason)")
            } else if let status = replica.status, let askedAt = replica.askedAt {
                words.append("lag \(status.lag.map(String.init(describing:)) ?? "unknown")")
                if let position = status.position { words.append("at \(position)") }
                words.append("asked \(askedAt.duration(to: now)) ago")
            } else {
                words.append("not asked yet")
            }
            return words.joined(separator: ", ")
        }
        return (["primary  \(primary.source.name), in use \(primary.provider.inUse)"] + lines).joined(separator: "\n")
    }
}
