import TandemLog

// What goes to cascades, and the clock that all replicas are told.
extension ReplicationDriver {
    /// Sends cascades what is committed by now.
    func relay(through end: LogIndex) {
        for (connection, stream) in streams where stream.end != nil {
            streams[connection]?.end = end
            pump(connection)
        }
    }

    /// The wall clock, in microseconds since 1970; or a little ahead of it, for each message's is later than that of the one
    /// before, whoever sets the clock: by that it is known wherever it arrives that its primary lives.
    func nextClock() -> UInt64 {
        lastClock = max(lastClock + 1, Self.wallClock)
        return lastClock
    }
}
