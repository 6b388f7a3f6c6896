/// What a call of `transaction` asked for.
struct ScopeOptions: Sendable {
    var name: String?
    var callSite: CallSite
    var isReadOnly: Bool
    var isolation: IsolationLevel
    var deadline: Moment?
    var freshness: Freshness

    /// For a data source.
    var deadlineInstant: ContinuousClock.Instant? { deadline.map { .init($0) } }

    /// The scope for messages: its name, or where it is.
    var title: String { name ?? (callSite.line == 0 ? "\(callSite)" : "at \(callSite)") }

    /// The scope for messages that need its place as well.
    var titleWithPlace: String { name.map { "\($0) (\(callSite))" } ?? title }
}
