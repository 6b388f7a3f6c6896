import TandemReplication

extension ReplicationMachine.Configuration {
    /// What the machine must know of a node's settings.
    ///
    /// - Parameter address: where the others reach this node.
    init(_ configuration: NodeConfiguration, address: HostAndPort) {
        let degradeAfter: Duration? =
            switch configuration.missingReplicas {
            case .wait: nil
            case .degrade(let after): after
            }
        let asked = configuration.acknowledgements
        switch configuration.role {
        case .primary:
            self.init(
                role: .primary(acknowledgements: asked ?? .count(1), degradeAfter: degradeAfter),
                address: address.description)
        case .replica(let primary), .cascade(let primary):
            self.init(role: .replica(primary: primary.description), address: address.description)
            ruleOfReplica = asked.map { Rule(acknowledgements: $0, degradeAfter: degradeAfter) }
        }
        wantsSnapshot = configuration.resyncs
        snapshotSource = configuration.snapshotSource?.description
        if case .cascade = configuration.role { cascades = true }
        appliesDelayed = configuration.applyDelay != nil
        requiresLease = configuration.failover != nil
        silenceLimit = configuration.replicationTimeout
        keepaliveInterval = min(.seconds(1), configuration.replicationTimeout / 4)
    }
}
