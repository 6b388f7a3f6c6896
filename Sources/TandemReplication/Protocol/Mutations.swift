/// Mistakes that the tests plant in the machine to prove that the simulation would catch them.
///
/// Always empty outside of tests. Each names the rule of docs/REPLICATION.md that it breaks.
package struct Mutations: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    private init(bit: UInt64) { self.init(rawValue: 1 << bit) }

    /// Rule 1: an epoch is only a counter.
    package static let epochsWithoutOwner = Mutations(bit: 0)
    /// Rule 8: positions are asked for, nothing is promised.
    package static let surveyInsteadOfPromise = Mutations(bit: 1)
    /// Rule 6: a restarted primary asks nobody.
    package static let startAlone = Mutations(bit: 2)
    /// Rules 10, 20: no epoch record, so that the tail of older reigns is committed by counting.
    package static let noEpochRecord = Mutations(bit: 3)
    /// Rule 20: a record of an older epoch is committed by counting.
    package static let commitAnyEpoch = Mutations(bit: 4)
    /// Rule 15: acknowledged when written, not when flushed.
    package static let acknowledgeBeforeFlush = Mutations(bit: 5)
    /// Rule 16: applied when received.
    package static let applyOnReceive = Mutations(bit: 6)
    /// Rule 16: applied when committed, although not flushed here.
    package static let applyUnflushed = Mutations(bit: 7)
    /// Rule 15: the commit index of ACCEPT counts for the tail that is about to be cut.
    package static let commitUnverified = Mutations(bit: 8)
    /// Rule 9: positions are not compared.
    package static let promoteAny = Mutations(bit: 9)
    /// Rule 9: positions are compared by index alone.
    package static let promoteByIndex = Mutations(bit: 10)
    /// Rule 9: one promise too few is enough.
    package static let promoteFew = Mutations(bit: 11)
    /// Rule 8: the candidate counts what it has not flushed.
    package static let candidateUnflushed = Mutations(bit: 12)
    /// Rule 1: promises are kept in memory only.
    package static let promisesNotDurable = Mutations(bit: 13)
    /// Rules 14, 25: lower epochs are not refused.
    package static let noFence = Mutations(bit: 14)
    /// Rule 20: acknowledgements count whatever their epoch and connection.
    package static let acknowledgementsOfAnyEpoch = Mutations(bit: 15)
    /// Rule 20: the primary's own flush is not waited for.
    package static let primaryWithoutFlush = Mutations(bit: 16)
    /// Rule 5: a restarted primary goes on with its old epoch.
    package static let reuseEpoch = Mutations(bit: 17)
    /// Rule 12: writes are executed before the epoch record is committed and applied.
    package static let writeBeforeReady = Mutations(bit: 18)
    /// Rule 22: after a failed flush the primary goes on in the same epoch.
    package static let retryInEpoch = Mutations(bit: 19)
    /// Rule 30: a node that is not whole promises.
    package static let notWholePromises = Mutations(bit: 20)
    /// Rule 30: whole as soon as the capped commit index is reached, whatever its epoch.
    package static let wholeTooEarly = Mutations(bit: 21)
    /// Rule 13: an acknowledgement outlives its connection.
    package static let acknowledgementsPerNode = Mutations(bit: 22)
    /// Rule 6: a starting primary streams before it has its promises.
    package static let streamBeforePromises = Mutations(bit: 23)
    /// Rule 26: replicas that are no members count.
    package static let countNonMembers = Mutations(bit: 24)
    /// Rule 27: only the newest member record counts.
    package static let newRuleAlone = Mutations(bit: 25)
    /// Rule 13: a late old CONNECT replaces a newer connection.
    package static let connectionsWithoutOrder = Mutations(bit: 26)
    /// Rule 29: a promotion counts as if nobody could have degraded.
    package static let promoteDespiteDegrading = Mutations(bit: 27)
    /// H16: a node forgets that its database has drifted, or failed.
    package static let standWithAnyDatabase = Mutations(bit: 30)
    /// Rule 38: a reign goes on although its lease has ended.
    package static let ignoreLease = Mutations(bit: 29)
    /// Rule 34: what is not committed is relayed as if it were.
    package static let relayUncommitted = Mutations(bit: 40)
    /// Rule 34: what is not flushed here is relayed.
    package static let relayUnflushed = Mutations(bit: 41)
    /// Rule 34: cascades get what is not committed, and their acknowledgements count.
    package static let countRelays = Mutations(bit: 42)
    /// Rule 34: a cascade that is ahead is taken, and cut back.
    package static let relayToThoseAhead = Mutations(bit: 43)
    /// Rule 27: a primary that is no member under the old rule counts as one.
    package static let strangerCountsItself = Mutations(bit: 28)
    /// Rule 14: the last record that both logs have is cut as well.
    package static let cutTooFar = Mutations(bit: 31)
    /// Rule 32: a node goes on being whole although the log that it acknowledged from was replaced.
    package static let wholeWithoutItsLog = Mutations(bit: 32)
    /// Rule 32: a snapshot is taken whatever its place, also below what is shown here.
    package static let anySnapshot = Mutations(bit: 33)
    /// Rule 35: TAKEOVER is believed whatever record it names.
    package static let takeOverBehind = Mutations(bit: 34)
    /// Rule 28: a member is removed although too few are connected to agree.
    package static let removeAlone = Mutations(bit: 35)
    /// Rule 15: records that come twice are appended twice.
    package static let appendRepeated = Mutations(bit: 36)
    /// Rule 20: an acknowledgement of an earlier connection counts on the present one.
    package static let acknowledgementsOfAnyNumber = Mutations(bit: 37)
    /// Rule 9: a promise that is answered twice counts twice.
    package static let promisesCountedTwice = Mutations(bit: 38)
    /// Rule 6: a node that is told what it has promised does not promise it anew.
    package static let forgetsAgain = Mutations(bit: 44)
    /// Rule 30: whole as soon as what was announced is reached, although more was acknowledged.
    package static let wholeBelowAcknowledged = Mutations(bit: 46)
    /// Rule 9: what any promiser tells to be in force puts out of force what this node's own log has before it.
    package static let foreignRulesReplaceOwn = Mutations(bit: 47)
    /// Rule 31: what a member acknowledged is forgotten with its removal.
    package static let forgetsTheRemoved = Mutations(bit: 48)
    /// Rule 13: a primary takes a replica that knows records of its reign to be committed which it lacks.
    package static let acceptThoseAhead = Mutations(bit: 45)
    /// Rule 6: a primary goes on although a member knows records to be committed that it lacks.
    package static let startBehindCommitted = Mutations(bit: 39)
}
