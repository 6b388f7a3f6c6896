import TandemLog
import TandemReplication

/// What the archiving thread remembers from one look to the next.
struct ArchiveWork {
    /// Where somebody else archives, it is looked for so often how far that has come.
    private static let interval = Duration.seconds(5)

    /// Where the last archived file ends; nil if there is none.
    var end: LogEnd?
    /// Whether the archive was looked at as the node that archives.
    private var archives = false
    private var lookedAt: Moment?
    /// Since when a committed record has been waiting.
    private var waitingSince: Moment?

    /// Whether it must be looked for what is archived: at first, when it becomes this node's task, and now and then as long
    /// as it is another's.
    mutating func mustLook(archives: Bool, committed: LogIndex, now: Moment) -> Bool {
        defer { self.archives = archives }
        if let lookedAt, archives == self.archives {
            let isBehind = !archives && (end?.index ?? .zero) < committed
            guard isBehind, now - lookedAt >= Self.interval else { return false }
        }
        lookedAt = now
        return true
    }

    mutating func noteWaiting(_ isWaiting: Bool, now: Moment) {
        guard isWaiting else {
            waitingSince = nil
            return
        }
        waitingSince = waitingSince ?? now
    }

    /// Whether what waits has waited long enough.
    func isDue(after timeout: Duration?, now: Moment) -> Bool {
        guard let timeout, let waitingSince else { return false }
        return now - waitingSince >= timeout
    }

    /// What is archived is looked for anew: the archive, or the log, may not be what it was.
    mutating func failed() {
        end = nil
        lookedAt = nil
    }

    mutating func archived(_ end: LogEnd) {
        self.end = end
        waitingSince = nil
    }
}
