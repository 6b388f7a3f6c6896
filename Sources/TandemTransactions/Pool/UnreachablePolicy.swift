/// What a request for a connection does while the server cannot be reached.
enum UnreachablePolicy: Sendable, Hashable {
    /// It waits for the server to come back, until its own time is over. HikariCP does so.
    case wait
    /// It fails as soon as an attempt to connect has failed and the pool has no connection left: for those who have
    /// another server to go to.
    case fail
}
