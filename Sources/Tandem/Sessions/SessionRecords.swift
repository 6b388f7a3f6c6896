import NIOConcurrencyHelpers
import PostgresWire

/// The sessions of a node.
final class SessionRecords: Sendable {
    private let records = NIOLockedValueBox<[Int32: SessionRecord]>([:])

    func add(_ record: SessionRecord) { records.withLockedValue { $0[record.identity.processID] = record } }

    func remove(_ record: SessionRecord) {
        records.withLockedValue { records in
            let id = record.identity.processID
            if records[id] === record { records[id] = nil }
        }
    }

    subscript(processID: Int32) -> SessionRecord? { records.withLockedValue { $0[processID] } }

    /// Ends the sessions of users who are no more.
    func end(removedFrom users: KnownUsers.Users) {
        for record in records.withLockedValue({ Array($0.values) }) {
            let identity = record.identity
            guard let version = identity.userVersion, users.version > version, users.roles(of: identity.user) == nil
            else { continue }
            record.channel.requestTermination(.userWasRemoved(identity.user))
        }
    }

    /// All of them as a JSON array, in the order of their numbers.
    func json(for user: String) -> String {
        let all = records.withLockedValue { Array($0.values) }
        let sorted = all.sorted { $0.identity.processID < $1.identity.processID }
        return JSONText.array(sorted.map { $0.json(for: user) })
    }
}
