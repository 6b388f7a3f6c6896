import Glibc

/// How the library's sockets are kept.
enum SocketKeeping {
    /// Lets reads and writes return where they would wait.
    static func neverBlock(_ descriptor: Int32) {
        guard descriptor >= 0 else { return }
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0, flags & O_NONBLOCK == 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    }

    /// Lets a read or write that does wait end without success.
    static func limitBlocking(_ descriptor: Int32, milliseconds: UInt32) {
        var limit = timeval(tv_sec: Int(milliseconds / 1000), tv_usec: Int(milliseconds % 1000) * 1000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// TCP's own ways to find out that the other machine is gone. Without them a COMMIT waits for hours for the answer of
    /// a machine that has died.
    static func findOutDeadPeers(_ descriptor: Int32) {
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        // Seconds of silence until the first question, between questions; questions without an answer.
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
        // Milliseconds for which what was sent may stay without acknowledgement.
        set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 60_000)
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        // Where the system has not the option, the connection works without it.
        _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
