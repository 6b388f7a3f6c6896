import CPQ
import Glibc
import TandemThreads
import TandemTransactions

extension ServerLink {
    func connect(until deadline: ContinuousClock.Instant) throws {
        var events = Int16(POLLOUT)
        while true {
            guard PQstatus(pointer) != CONNECTION_BAD else { throw refused() }
            if Task.isCancelled {
                close()
                throw CancellationError()
            }
            guard ContinuousClock.now < deadline else {
                close()
                throw PostgresFailure.connectionLost("it did not answer in time")
            }
            guard waitForSocket(events: events, until: deadline) else { continue }
            switch PQconnectPoll(pointer) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int16(POLLIN)
            case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
            default: throw refused()
            }
        }
    }

    private func refused() -> DatabaseError {
        let error = PostgresFailure.refusal(String(cString: PQerrorMessage(pointer)))
        close()
        return error
    }
}
