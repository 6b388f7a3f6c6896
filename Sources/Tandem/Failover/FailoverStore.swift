/// Where a group keeps its lease: a store that several machines agree on and that forgets who is silent, such as etcd.
///
/// Each node has a *session*, its sign of life: what was written under it disappears when it has not been kept alive for
/// its time to live. Who has the *lead* holds the lease of the group, and may reign (docs/REPLICATION.md, rule 38).
public protocol FailoverStore: Sendable {
    /// For people: `etcd at 10.0.0.1:2379`.
    var name: String { get }

    /// Keeps `session` alive for its time to live from now on, or begins a new one where there is none any more.
    ///
    /// - Throws: ``FailoverStoreError``, as all of these do.
    func keep(_ session: FailoverSession?, timeToLive: Duration) async throws -> FailoverSession

    /// What is written in the store, as it is at some moment between call and return.
    func look() async throws -> FailoverView

    /// Takes the lead for as long as `session` lasts, if nobody has it, or only `former`.
    ///
    /// - Returns: whether this node has it now.
    func takeLead(_ entry: FailoverEntry, _ session: FailoverSession, after former: FailoverSession?) async throws
        -> Bool

    /// Gives the lead back, if `session` has it.
    func giveBackLead(_ session: FailoverSession) async throws

    /// Writes down, for as long as `session` lasts, how far a node is that could take the lead.
    func announce(_ entry: FailoverEntry, _ session: FailoverSession) async throws

    /// Takes back what ``announce(_:_:)`` wrote for this node.
    func withdraw(_ entry: FailoverEntry) async throws

    /// Everything written under the session disappears.
    func end(_ session: FailoverSession) async throws
}

/// A node's sign of life in a ``FailoverStore``.
public struct FailoverSession: Hashable, Sendable {
    /// The store's own number of it.
    public let id: Int64

    /// A session that the store has begun.
    public init(id: Int64) { self.id = id }
}

/// What a node writes of itself in a ``FailoverStore``.
public struct FailoverEntry: Hashable, Codable, Sendable {
    /// The node's identity.
    public var node: String
    /// The group's identity: two groups must not share a lease.
    public var group: String
    /// Where the node is reached: `host:port`.
    public var address: String
    /// The position of the last record that it has flushed, `3@0b9c…:1042`; nil for a node without any.
    public var position: String?

    /// What that node is to be known by.
    public init(node: String, group: String, address: String, position: String? = nil) {
        self.node = node
        self.group = group
        self.address = address
        self.position = position
    }
}

/// What is written in a ``FailoverStore``.
public struct FailoverView: Hashable, Sendable {
    /// Who has the lead.
    public struct Lead: Hashable, Sendable {
        /// What the node wrote of itself when it took the lead.
        public var entry: FailoverEntry
        /// It has the lead for as long as this session lasts.
        public var session: FailoverSession

        /// A lead that was found in the store.
        public init(entry: FailoverEntry, session: FailoverSession) {
            self.entry = entry
            self.session = session
        }
    }

    /// Nil if nobody has it.
    public var lead: Lead?
    /// The nodes that could take it.
    public var candidates: [FailoverEntry]

    /// What was found in the store; nothing by default.
    public init(lead: Lead? = nil, candidates: [FailoverEntry] = []) {
        self.lead = lead
        self.candidates = candidates
    }
}

/// Why a ``FailoverStore`` gave no answer.
public struct FailoverStoreError: Error, CustomStringConvertible {
    /// What went wrong, for people. It goes into the node's log: without passwords.
    public let description: String

    /// An error with that description.
    public init(_ description: String) { self.description = description }
}
