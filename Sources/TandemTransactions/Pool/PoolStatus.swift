/// What a pool is doing at one moment.
public struct PoolStatus: Sendable {
    /// A connection that is in use.
    public struct Holder: Sendable {
        /// Who took it.
        public var acquirer: Acquirer
        /// For how long it has held the connection.
        public var duration: Duration
        /// Whether it waits for another connection of the same pool.
        public var waits: Bool
    }

    /// The servers, for people.
    public var name: String
    /// How many connections there are at most.
    public var maximumSize: Int
    /// Ready to be taken.
    public var idle: Int
    /// Being made.
    public var connecting: Int
    /// Being validated, kept alive, reset or closed.
    public var busy: Int
    /// The connections in use, those longest in use first.
    public var holders: [Holder]
    /// How many tasks wait for a connection.
    public var pending: Int
    /// Why the last attempt to connect failed; nil once one has succeeded.
    public var lastConnectFailure: (any Error)?

    /// In use.
    public var active: Int { holders.count }
    /// Connections of any state.
    public var total: Int { active + idle + connecting + busy }
}

extension PoolStatus: CustomStringConvertible {
    /// `2 of 10 leased (A.x at a.swift:3 for 1.2 s; …), 1 idle, 0 being made, 3 tasks wait`, at most ten holders.
    public var description: String {
        var text = "\(active) of \(maximumSize) leased"
        if !holders.isEmpty { text += " (\(holderList))" }
        text += ", \(idle) idle, \(connecting) being made, \(busy) being checked or closed"
        text += ", \(pending) \(pending == 1 ? "task waits" : "tasks wait")"
        return text
    }

    /// The holders, for messages.
    var holderList: String {
        var names = holders.prefix(Self.shownHolders).map { holder in
            "\(holder.acquirer) for \(holder.duration.shortText)\(holder.waits ? ", waiting for another" : "")"
        }
        if holders.count > names.count { names.append("and \(holders.count - names.count) more") }
        return names.joined(separator: "; ")
    }

    private static let shownHolders = 10
}

extension Duration {
    /// For people: `1.5 s`, `12 ms`.
    var shortText: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
        let tenths = milliseconds % 1000 / 100
        return tenths == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds / 1000).\(tenths) s"
    }
}
