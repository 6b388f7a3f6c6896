extension Router {
    /// What is known of each server, a line each.
    func explanation(now: Moment = .now) -> String {
        let known = table.withLockedValue { $0.replicas }
        let lines = replicas.indices.map { place in
            let (server, replica) = (replicas[place], known[place])
            var words = ["replica  \(server.name)", "in use \(server.provider.inUse)"]
            if let usedAt = replica.usedAt { words.append("used \(usedAt.duration(to: now)) ago") }
            if let failure = replica.failure {
                words.append("down for \(failure.since.duration(to: now)): \(failure.reason)")
            } else if let status = replica.status, let askedAt = replica.askedAt {
                words.append("lag \(status.lag.map(String.init(describing:)) ?? "unknown")")
                words += position(of: replica)
                words.append("asked \(askedAt.duration(to: now)) ago")
            } else {
                words += position(of: replica)
                // Nobody has wanted to know how old its state is.
                words.append(replica.usedAt == nil ? "not used yet" : "lag not asked for yet")
            }
            return words.joined(separator: ", ")
        }
        return (["primary  \(primary.name), in use \(primary.provider.inUse)"] + lines).joined(separator: "\n")
    }

    private func position(of replica: RoutingTable.Replica) -> [String] {
        replica.position.map { ["at \($0)"] } ?? []
    }
}
