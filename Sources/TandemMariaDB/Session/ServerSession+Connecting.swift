import CMariaDB
import Glibc
import TandemThreads
import TandemTransactions

extension ServerSession {
    /// Connects, and sets the session as this data source wants it.
    func connect(_ watch: inout StatementWatch) throws {
        setOptions()
        let limit = boundNegotiation(watch)
        let strings = [host.host, parameters.user, parameters.password, parameters.database].map {
            $0.map { strdup($0) }
        }
        defer { for string in strings { free(string ?? nil) } }
        var connected: UnsafeMutablePointer<MYSQL>?
        // Rows that an UPDATE finds are counted, changed or not, as the other engines do.
        let flags = UInt(CLIENT_MULTI_STATEMENTS) | UInt(CLIENT_FOUND_ROWS)
        let call = LibraryCall(
            start: { [handle, host] in
                mysql_real_connect_start(
                    &connected, handle, strings[0] ?? nil, strings[1] ?? nil, strings[2] ?? nil, strings[3] ?? nil,
                    host.port, nil, flags)
            },
            resume: { [handle] in
                // The library makes the socket one that blocks, and may come to TLS before it is here again.
                SocketKeeping.neverBlock(mysql_get_socket(handle))
                SocketKeeping.limitBlocking(mysql_get_socket(handle), milliseconds: limit)
                return mysql_real_connect_cont(&connected, handle, $0)
            })
        try run(call, &watch, atInterruption: .abandon)
        guard connected != nil else {
            becameUseless()
            throw MariaDBFailure.refusal(self.failure)
        }
        // The library itself goes on without TLS, in silence, where it does not have to check a certificate.
        guard parameters.security.mode == .disable || mysql_get_ssl_cipher(handle) != nil else {
            becameUseless()
            throw MariaDBFailure.noTLS
        }
        SocketKeeping.neverBlock(mysql_get_socket(handle))
        SocketKeeping.findOutDeadPeers(mysql_get_socket(handle))
    }

    private func setOptions() {
        mysql_options(handle, MYSQL_OPT_NONBLOCK, nil)
        mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        // Of `localhost` the library would make a Unix socket, and leave the port aside.
        var transport = MYSQL_PROTOCOL_TCP.rawValue
        mysql_options(handle, MYSQL_OPT_PROTOCOL, &transport)
        let security = parameters.security
        var enforced: my_bool = security.mode == .disable ? 0 : 1
        var verified: my_bool = security.mode == .verifyFull ? 1 : 0
        mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &enforced)
        mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified)
        for (option, value) in [
            (MYSQL_OPT_SSL_CA, security.authority), (MYSQL_OPT_SSL_CAPATH, security.authorityFolder),
            (MYSQL_OPT_SSL_CERT, security.certificate), (MYSQL_OPT_SSL_KEY, security.key),
            (MYSQL_OPT_SSL_CIPHER, security.cipher), (MYSQL_OPT_SSL_CRL, security.revocations),
            (MARIADB_OPT_TLS_VERSION, security.versions),
        ] {
            if let value { mysql_options(handle, option, value) }
        }
    }

    /// While TLS is negotiated the library waits by itself, so many milliseconds for each piece; all other waiting is
    /// done here, where the same number would be seconds.
    private func boundNegotiation(_ watch: StatementWatch) -> UInt32 {
        let left = watch.deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) } ?? Self.longestNegotiation
        let (seconds, attoseconds) = min(left, Self.longestNegotiation).components
        var milliseconds = UInt32(seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
        mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &milliseconds)
        return milliseconds
    }

    private static let longestNegotiation = Duration.seconds(60)
}
