import TandemLog

/// Questions to the members, and their answers so far.
struct Election: Sendable {
    enum Phase: Sendable {
        /// Asks what the answers would be; nothing is promised.
        case surveying
        /// A candidate flushes its log before it compares (rule 8).
        case flushing
        /// START or PROMISE is on its way.
        case asking
    }

    let kind: PromiseRequest.Kind
    var phase: Phase
    /// The epoch asked for.
    var epoch: Epoch
    var promises: [NodeID: PromiseAnswer.Promised] = [:]
    var refusals: [NodeID: Refused] = [:]
    /// The reign that a start goes on with; nil in a promotion.
    var continuedReign: Epoch? { if case .start(let reign) = kind { reign } else { nil } }
    /// When the first question was asked.
    let began: Moment
    /// When the questions in flight were asked.
    var asked: Moment
    /// How often promises were asked for in vain.
    var repetitions = 0
    /// It has its promises, and begins its reign once this node holds the lease (rule 38).
    var awaitsLease = false
    /// The operator waives the count (rule 9).
    var acceptsDataLoss: Bool
    /// It ends with the survey: an operator only wants to know what would become of it.
    var endsWithSurvey = false
}
