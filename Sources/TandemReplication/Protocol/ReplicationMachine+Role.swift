extension ReplicationMachine {
    /// What the node is at the moment.
    public enum Role: String, Sendable {
        /// Opened, not started yet. Next: replica, starting, primary or failed.
        case idle
        /// Follows a primary or looks for one. Next: candidate, failed.
        case replica
        /// Goes on with its reign after a restart; asks members for their promises. Next: primary, replica, failed.
        case starting
        /// Stands for promotion. Next: primary, replica, failed.
        case candidate
        /// Reigns. Next: replica, failed.
        case primary
        /// The log or the database cannot be trusted; only a restart helps. Reads of committed states go on.
        case failed
    }
}
