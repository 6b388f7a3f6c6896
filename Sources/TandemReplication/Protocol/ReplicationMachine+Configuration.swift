import TandemLog

extension ReplicationMachine {
    /// What a node is told when it is started. Never changes while it runs.
    public struct Configuration: Sendable {
        /// What commits wait for in a reign.
        public struct Rule: Hashable, Sendable {
            public var acknowledgements: AcknowledgementRule
            /// How long commits wait for missing replicas before they go on without (rule 29); nil: for ever.
            public var degradeAfter: Duration?

            public init(acknowledgements: AcknowledgementRule, degradeAfter: Duration?) {
                self.acknowledgements = acknowledgements
                self.degradeAfter = degradeAfter
            }
        }

        /// What the operator started the node as.
        public enum Role: Hashable, Sendable {
            /// The group's primary: with this many acknowledgements; `degradeAfter` is how long commits wait for
            /// missing replicas before they go on without (rule 29), nil: for ever.
            case primary(acknowledgements: AcknowledgementRule, degradeAfter: Duration?)
            /// A replica, which looks for its primary at this address first; host:port.
            case replica(primary: String?)
        }

        public var role: Role
        /// What a node that was started as a replica asks for where it reigns all the same, after a promotion say; as a
        /// primary's role says it for a primary. Default: nil, the group's rule stays as it is written down.
        public var ruleOfReplica: Rule?
        /// Where others reach this node: host:port.
        public var address: String
        /// How often an otherwise idle primary speaks to each replica. Default: 1 s.
        public var keepaliveInterval: Duration
        /// After this long without a message a connection is given up, on both sides. Default: 5 s.
        public var silenceLimit: Duration
        /// How long a replica waits before it dials again. Default: 200 ms.
        public var redialDelay: Duration
        /// How long an answer to a question to another node is waited for before it is repeated. Default: 1 s; where a
        /// promotion or a start cannot do without it, longer, up to four and eight times.
        public var questionTimeout: Duration
        /// How long a primary that could start without its replicas' promises (K = 0, or degrading allowed) waits
        /// for all of them first. Default: 5 s.
        public var missingMemberWait: Duration
        /// How many records behind the log's end a new replica may be to be added as a member. Default: 1024.
        public var levelDistance: UInt64
        /// Whether a node reigns only while it holds the group's lease, which is given from outside (rule 38). Default: no.
        public var requiresLease = false
        /// How long a candidate that has its promises waits for the lease before it gives up. Default: 10 s.
        public var leaseWait: Duration = .seconds(10)
        /// Whether a replica is to take a snapshot in the place of its database, once. Default: no.
        public var wantsSnapshot = false
        /// Where snapshots are fetched, whoever is followed: host:port. One that is needed as soon as the node is opened is
        /// fetched there at once, for there may be no primary. Default: nil, from the primary.
        public var snapshotSource: String?
        /// Whether a replica applies what is committed only after some time, by choice (rule 39). Default: no.
        public var appliesDelayed = false
        /// Whether a replica follows the node at its address whatever that is, as no member of the group: it gets what is
        /// committed, counts for nothing and promises nothing (rule 34). Default: no.
        public var cascades = false

        public init(
            role: Role, address: String, keepaliveInterval: Duration = .seconds(1),
            silenceLimit: Duration = .seconds(5), redialDelay: Duration = .milliseconds(200),
            questionTimeout: Duration = .seconds(1), missingMemberWait: Duration = .seconds(5),
            levelDistance: UInt64 = 1024
        ) {
            self.role = role
            self.address = address
            self.keepaliveInterval = keepaliveInterval
            self.silenceLimit = silenceLimit
            self.redialDelay = redialDelay
            self.questionTimeout = questionTimeout
            self.missingMemberWait = missingMemberWait
            self.levelDistance = levelDistance
        }

        /// The acknowledgements the operator asked for; nil for a replica that was started without saying so.
        var acknowledgements: AcknowledgementRule? {
            switch role {
            case .primary(let acknowledgements, _): acknowledgements
            case .replica: ruleOfReplica?.acknowledgements
            }
        }

        /// How long commits wait before they degrade; nil for ever.
        var degradeAfter: Duration? {
            switch role {
            case .primary(_, let duration): duration
            case .replica: ruleOfReplica?.degradeAfter
            }
        }
    }
}
