import CMariaDB
import TandemThreads
import TandemTransactions

extension ServerSession {
    /// Ends what the server runs for this connection, and returns when the server has taken note of it.
    ///
    /// - Returns: false where that could not be done.
    func killStatement() -> Bool {
        var watch = StatementWatch(deadline: .now + cancelTimeout, isCancellable: false)
        guard let killer = try? ServerSession(to: host, parameters, on: executor) else { return false }
        defer { killer.close() }
        do {
            try killer.connect(&watch)
            // Behind a proxy another server may have answered, where the number means somebody else.
            guard let identity, try killer.askForIdentity(&watch) == identity else { return false }
            _ = try killer.query("KILL QUERY \(mysql_thread_id(handle))", &watch)
            return true
        } catch {
            return false
        }
    }

    /// Takes a KILL that came late, so that it does not hit the next statement.
    ///
    /// MariaDB 10.11 forgets a KILL QUERY that finds its connection idle; other versions, and proxies, may not.
    func absorbLateKill() {
        guard !isBroken else { return }
        for _ in 0..<2 {
            var watch = StatementWatch(deadline: .now + cancelTimeout, isCancellable: false)
            do {
                _ = try query("DO 0", &watch)
                return
            } catch {
                guard !isBroken, mysql_errno(handle) == UInt32(ER_QUERY_INTERRUPTED) else { break }
            }
        }
        becameUseless()
    }

    @discardableResult
    func askForIdentity(_ watch: inout StatementWatch) throws -> ServerIdentity {
        let identity = ServerIdentity(try query(ServerIdentity.question, &watch).rows.first ?? [])
        self.identity = identity
        return identity
    }
}
