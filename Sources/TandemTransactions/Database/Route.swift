/// The server that a transaction went to.
struct Route: Sendable {
    /// The server itself, for people.
    var server: String
    /// The data source, which may have found the server among several.
    var source: String
    /// Which replica; nil for the primary.
    var replica: Int?
    var reason: RouteReason
    /// How old the state is that a replica shows, as it said last; nil where it was not asked.
    var lag: Duration?
    /// How long replicas were waited for to reach the session's position, in vain or not.
    var wait: Duration = .zero
}
