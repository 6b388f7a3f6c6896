import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

/// TLS, with servers that have certificates.
struct TransportSecurityTests {
    /// What MariaDB says first, in protocol 10: version, connection, salt, abilities (among them 0x0800, TLS), character
    /// set, status, salt, plugin.
    private static var greeting: [UInt8] {
        let body =
            [10] + Array("5.5.5-10.11.6-MariaDB".utf8) + [0] + [1, 0, 0, 0] + Array("saltsalt".utf8) + [0]
            + [0xFF, 0xFF, 45, 2, 0, 0xFF, 0x81, 21] + [UInt8](repeating: 0, count: 10) + Array("saltsaltsalt".utf8)
            + [0] + Array("mysql_native_password".utf8) + [0]
        return [UInt8(body.count), 0, 0, 0] + body
    }

    @Test func serverThatHangsWhileTLSIsNegotiatedIsLeftAtTheDeadline() async throws {
        let silent = try SilentPort()
        let source = try MariaDBDataSource("mariadb://u@127.0.0.1:\(silent.port)/d?sslMode=trust")
        let connecting = Task {
            try await failure { _ = try await source.connect(to: nil, deadline: .now + .seconds(2)) }
        }
        try await silent.waitUntilConnected(saying: Self.greeting)
        #expect(try await connecting.value.code == .connectionLost)
    }

    @Test(arguments: ["sslMode=trust", "sslMode=verify-full"])
    func serverWithoutTLSIsRefusedWhereTLSIsAskedFor(options: String) async throws {
        let url = try await Bed.pair.primary.url + "?" + options
        let error = try await failure {
            _ = try await MariaDBDataSource(url).connect(to: .primary, deadline: Bed.soon)
        }
        #expect(error.code == .connectionLost && error.sqlState == "08001", "\(error)")
    }

    @Test func connectionIsAsSecureAsItsURLAsks() async throws {
        let certificates = try await Certificates.make()
        let pair = try await MariaDBPair.start(settings: [
            ("ssl_cert", certificates.certificate), ("ssl_key", certificates.key), ("ssl_ca", certificates.authority),
        ])
        try await pair.primary.query(
            "CREATE USER secure@'127.0.0.1' IDENTIFIED BY 'secure' REQUIRE SSL; GRANT ALL ON tandem.* TO secure@'127.0.0.1'"
        )
        func connect(_ options: String, host: String = "127.0.0.1") async throws -> any DataSourceConnection {
            let url = "mariadb://secure:secure@\(host):\(pair.primary.port)/tandem?\(options)"
            return try await MariaDBDataSource(url).connect(to: .primary, deadline: Bed.soon)
        }
        for (options, host) in [
            ("sslMode=trust", "127.0.0.1"), ("sslMode=trust", "localhost"),
            ("sslCA=\(certificates.authority)", "127.0.0.1"),
            ("sslCA=\(certificates.authority)&tlsVersion=TLSv1.3", "127.0.0.1"),
        ] {
            let connection = try await connect(options, host: host)
            let cipher = try await connection.run("SHOW STATUS LIKE 'Ssl_cipher'").rows.first?[1]
            #expect(cipher.map { !$0.isNull && $0 != .text("") } == true, "\(options)")
            // A statement is cancelled over a second connection, which is as secure.
            let cancelled = try await failure {
                _ = try await connection.execute("SELECT SLEEP(600)", deadline: .now + .milliseconds(500))
            }
            #expect(cancelled.code == .timeout && connection.isUsable)
            await connection.close()
        }
        for (options, host) in [
            // No TLS, an authority that did not sign, and a name that the certificate has not.
            ("sslMode=disable", "127.0.0.1"), ("sslCA=\(certificates.stranger)", "127.0.0.1"),
            ("sslCA=\(certificates.authority)", "localhost"), ("sslMode=verify-full", "127.0.0.1"),
        ] {
            await #expect(throws: DatabaseError.self, "\(options)") { _ = try await connect(options, host: host) }
        }
        await pair.stop()
        certificates.remove()
    }
}
