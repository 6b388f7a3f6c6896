import TandemReplication

extension ReplicationMachine.Configuration {
    /// What the machine must know of a node's settings.
    ///
    /// - Parameter address: where the others reach this node.
    init(_ configuration: NodeConfiguration, address: HostAndPort) {
        let role: Role
        switch configuration.role {
        case .primary:
            let degradeAfter: Duration? =
                switch configuration.missingReplicas {
                case .wait: nil
                case .degrade(let after): after
                }
            role = .primary(acknowledgements: configuration.acknowledgements, degradeAfter: degradeAfter)
        case .replica(let address), .cascade(let address): role = .replica(primary: address.description)
        }
        self.init(role: role, address: address.description)
        wantsSnapshot = configuration.resyncs
        snapshotSource = configuration.snapshotSource?.description
        if case .cascade = configuration.role { cascades = true }
        appliesDelayed = configuration.applyDelay != nil
        requiresLease = configuration.failover != nil
        silenceLimit = configuration.replicationTimeout
        keepaliveInterval = min(.seconds(1), configuration.replicationTimeout / 4)
    }
}
