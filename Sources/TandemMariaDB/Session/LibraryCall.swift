import CMariaDB
import Glibc

/// One of the library's calls in its non-blocking form: begun, then resumed whenever what it waits for has happened.
struct LibraryCall {
    /// Begins it, and gives what it waits for; 0 when it has ended.
    let start: () -> Int32
    /// Goes on after that has happened.
    let resume: (Int32) -> Int32

    /// The events of poll(2) that it waits for.
    static func events(_ waits: Int32) -> Int16 {
        var events: Int32 = 0
        if waits & Int32(MYSQL_WAIT_READ) != 0 { events |= Int32(POLLIN) }
        if waits & Int32(MYSQL_WAIT_WRITE) != 0 { events |= Int32(POLLOUT) }
        if waits & Int32(MYSQL_WAIT_EXCEPT) != 0 { events |= Int32(POLLPRI) }
        return Int16(events)
    }

    /// What has happened in the library's words. A connection that broke is told by the next read or write.
    static func happened(_ events: Int16, of waits: Int32) -> Int32 {
        var happened: Int32 = 0
        if Int32(events) & Int32(POLLIN) != 0 { happened |= Int32(MYSQL_WAIT_READ) }
        if Int32(events) & Int32(POLLOUT) != 0 { happened |= Int32(MYSQL_WAIT_WRITE) }
        if Int32(events) & Int32(POLLPRI) != 0 { happened |= Int32(MYSQL_WAIT_EXCEPT) }
        happened &= waits
        return happened == 0 ? waits & ~Int32(MYSQL_WAIT_TIMEOUT) : happened
    }
}
