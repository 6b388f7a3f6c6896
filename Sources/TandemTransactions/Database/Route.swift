/// The server that a transaction went to.
struct Route: Sendable {
    var server: String
    var reason: RouteReason
}
