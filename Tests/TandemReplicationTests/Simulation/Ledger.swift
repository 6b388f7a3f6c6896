import TandemLog
import TandemReplication

/// A broken promise, or a group that does not recover.
struct Violation: Error, CustomStringConvertible {
    /// What a group that does not recover breaks in the place of a promise: nothing is lost, or shown that is not so.
    static let recovery = "recovery"

    /// P1 to P4; ``recovery``; or what else ought not to be, "alarm" for a false one.
    let promise: String
    let what: String
    var description: String { "\(promise): \(what)" }
}

/// What clients were told and readers saw, by a being that sees all nodes at once.
struct Ledger {
    private(set) var records: [SimulatedRecord] = []
    /// The digest of the state after each index.
    private(set) var digests: [UInt64] = [0]

    var last: Int { records.count }
    func checksum(at index: Int) -> UInt64 { records[index - 1].checksum }

    /// A primary calls everything up to `index` committed, and its clients are told.
    mutating func claim(through index: Int, by disk: SimulatedDisk, who: Int) throws {
        guard index <= disk.last else { throw Violation(promise: "P1", what: "node \(who) commits beyond its log") }
        let known = min(index, last)
        if known > 0, disk.checksum(at: known) != checksum(at: known) {
            throw Violation(promise: "P1", what: "node \(who) commits another record \(known) than was committed")
        }
        while last < index {
            let record = disk.records[last]
            if case .transaction(_, let base) = record.content, base != digests[last] {
                throw Violation(
                    promise: "P3", what: "record \(last + 1) of node \(who) was executed on a state that never was")
            }
            records.append(record)
            digests.append(record.digest(after: digests[last - 1]))
        }
    }

    /// A node's readers see its database.
    func see(_ disk: SimulatedDisk, who: Int) throws {
        guard disk.applied <= last else {
            throw Violation(promise: "P2", what: "node \(who) shows record \(disk.applied), which is not committed")
        }
        guard disk.digest == digests[disk.applied] else {
            throw Violation(promise: "P3", what: "node \(who) shows a state at \(disk.applied) that never was")
        }
    }

    /// A node is about to cut its log.
    func cut(_ disk: SimulatedDisk, above index: Int, who: Int) throws {
        guard index < last, index < disk.last else { return }
        if disk.checksum(at: index + 1) == checksum(at: index + 1) {
            throw Violation(promise: "P4", what: "node \(who) cuts record \(index + 1), which is committed")
        }
    }

    /// A primary is ready to execute writes. One of an older epoch, which does not know that it was deposed, can lack
    /// what was committed since; it can commit nothing.
    func ready(_ disk: SimulatedDisk, in epoch: Epoch, who: Int) throws {
        if let newest = records.last?.epoch, newest > epoch { return }
        guard last <= disk.last, last == 0 || disk.checksum(at: last) == checksum(at: last) else {
            throw Violation(promise: "P1", what: "node \(who) reigns without record \(last), which is committed")
        }
    }
}
