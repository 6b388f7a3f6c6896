extension Router {
    /// What is known of each server, a line each.
    func explanation(now: Moment = .now) -> String {
        let known = table.withLockedValue { $0.replicas }
        let lines = replicas.indices.map { number in
            let (server, replica) = (replicas[number], known[number])
            var words = ["replica  \(place(of: server))", "in use \(server.provider.inUse)"]
            if let usedAt = replica.usedAt { words.append("used \(usedAt.duration(to: now)) ago") }
            if let failure = replica.failure {
                words.append("down for \(failure.since.duration(to: now)): \(failure.reason)")
            } else {
                words += self.words(for: replica.knowledge, now: now)
                // Nobody has wanted to know how old its state is.
                if replica.knowledge.askedAt == nil {
                    words.append(replica.usedAt == nil ? "not used yet" : "lag not asked for yet")
                }
            }
            return words.joined(separator: ", ")
        }
        let first = "primary  \(place(of: primary)), in use \(primary.provider.inUse)"
        return ([first] + lines).joined(separator: "\n")
    }

    /// The data source, and which of its hosts its connections lead to.
    private func place(of server: Server) -> String {
        let servers = server.provider.servers
        return servers.isEmpty || servers == [server.name]
            ? server.name : "\(server.name), leads to \(servers.joined(separator: " and "))"
    }

    private func words(for knowledge: ServerKnowledge, now: Moment) -> [String] {
        let position = knowledge.position.map { ["at \($0)"] } ?? []
        guard let askedAt = knowledge.askedAt else { return position }
        let lag = "lag \(knowledge.lag.map(String.init(describing:)) ?? "unknown")"
        return [lag] + position + ["asked \(askedAt.duration(to: now)) ago"]
    }
}
