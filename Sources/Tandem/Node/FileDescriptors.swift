import Glibc

/// How many files and sockets the process may have open.
enum FileDescriptors {
    /// Kept for the log and its removed segments, the database, libraries and the listening socket.
    static let reserve = 80
    /// Of each connection to SQLite: the database, its write-ahead log and shared memory.
    static let perReader = 3

    /// Raises the soft limit to the hard one.
    ///
    /// - Returns: how many there may be.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            // More than any node needs; some systems have no bound at all, and tables grow with the limit.
            raised.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, 1 << 20))
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many files there may be at a time with answers that wait to be fetched: few where there are few descriptors.
    static func answerFiles(_ limit: Int) -> Int { max(1, min(128, limit / 32)) }

    /// How many client connections fit, so that the log, readers and replicas always find a descriptor.
    static func capacity(_ limit: Int, readers: Int, replicas: Int, startups: Int) -> Int {
        // Each start-up that must leave may still be there when its successor has come.
        limit - reserve - answerFiles(limit) - readers * perReader - 2 * replicas - 2 * startups
    }
}
