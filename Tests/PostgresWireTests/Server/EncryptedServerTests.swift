import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import PostgresWire

/// TLS and passwords between this module's own client and server. Other clients: Tests/Integration/test_security.py.
@Suite(.timeLimit(.minutes(1))) struct EncryptedServerTests {
    static let user = PostgresUser(.password(ScramVerifier(password: "pencil")))

    private func options(
        _ echo: EchoServer, _ tls: ClientTLS?, password: String? = "pencil", host: String = "localhost"
    ) -> PostgresClientOptions {
        var options = echo.options()
        options.host = host
        options.tls = tls
        options.password = password
        return options
    }

    private func connect(_ echo: EchoServer, _ options: PostgresClientOptions) async throws -> String? {
        let client = try await PostgresClientConnection.connect(options, on: echo.group.next())
        defer { client.close() }
        return try await client.query("echo hello").first?.rows.first?.first ?? nil
    }

    private func expectAnswer(_ echo: EchoServer, _ options: PostgresClientOptions) async throws {
        let answer = try await connect(echo, options)
        #expect(answer == "hello")
    }

    private func expectFailure(_ echo: EchoServer, _ options: PostgresClientOptions) async throws {
        let error = await failure(echo, options)
        #expect(error != nil)
    }

    private func failure(_ echo: EchoServer, _ options: PostgresClientOptions) async -> PostgresError? {
        do {
            _ = try await connect(echo, options)
            return nil
        } catch {
            return error as? PostgresError
        }
    }

    /// The hash of the channel binding is that of the certificate's signature.
    @Test(arguments: ["sha256", "sha384", "sha512"]) func aPasswordIsBoundToTheCertificate(_ digest: String)
        async throws
    {
        let files = try TestCertificates(digest: digest)
        let tls = try files.server()
        #expect(tls.identity.channelBinding?.count == Int(digest.dropFirst(3)).map { $0 / 8 })
        try await EchoServer.run {
            $0.tls = tls
            $0.authenticate = { _, loop in loop.makeSucceededFuture(Self.user) }
        } _: { echo in
            let client = try files.client(.verifyFull)
            try await expectAnswer(echo, options(echo, client))
        }
    }

    @Test func aServerIsBelievedAsFarAsTheModeSays() async throws {
        let files = try TestCertificates()
        let other = try TestCertificates()
        let tls = try files.server()
        try await EchoServer.run {
            $0.tls = tls
        } _: { echo in
            for mode in [ClientTLSOptions.Mode.require, .verifyCA, .verifyFull] {
                try await expectAnswer(echo, options(echo, files.client(mode)))
            }
            // The certificate names localhost, not its address.
            try await expectAnswer(echo, options(echo, files.client(.verifyCA), host: "127.0.0.1"))
            let wrongName = try await failure(echo, options(echo, files.client(.verifyFull), host: "127.0.0.1"))
            #expect(wrongName?.message.contains("does not belong to its host") == true, "\(wrongName as Any)")
            let wrongRoot = try await failure(echo, options(echo, other.client(.verifyCA)))
            #expect(wrongRoot?.message.contains("not signed by a root that is trusted") == true)
            try await expectAnswer(echo, options(echo, other.client(.require)))
        }
    }

    @Test func anAddressInTheCertificateIsVerified() async throws {
        let files = try TestCertificates()
        let tls = try files.server("address")
        try await EchoServer.run {
            $0.tls = tls
        } _: { echo in
            try await expectAnswer(echo, options(echo, files.client(.verifyFull), host: "127.0.0.1"))
        }
    }

    @Test func aServerWithoutTLSIsToldFromOneWithAWrongCertificate() async throws {
        let files = try TestCertificates()
        try await EchoServer.run { echo in
            let error = try await failure(echo, options(echo, files.client(.require)))
            #expect(error?.message.contains("speaks no TLS") == true, "\(error as Any)")
        }
    }

    @Test func aWrongPasswordCostsTimeAndIsTold() async throws {
        let failures = LockedValue<[FailedLogin]>([])
        try await EchoServer.run {
            $0.authenticate = { _, loop in loop.makeSucceededFuture(Self.user) }
            $0.failedLoginDelay = .milliseconds(300)
            $0.loginFailed = { failure in failures.withLock { $0.append(failure) } }
        } _: { echo in
            let begin = ContinuousClock.now
            let error = await failure(echo, options(echo, nil, password: "pen"))
            #expect(error?.code == .invalidPassword)
            #expect(ContinuousClock.now - begin >= .milliseconds(300))
            let told = failures.withLock { $0 }
            #expect(told.map(\.user) == ["tester"])
            #expect(told.first?.address?.ipAddress == "127.0.0.1")
            let silent = await failure(echo, options(echo, nil, password: nil))
            #expect(silent?.code == .invalidPassword)
            try await expectAnswer(echo, options(echo, nil))
        }
    }

    @Test func clientsShowACertificateWhereOneIsAskedFor() async throws {
        let files = try TestCertificates()
        let other = try TestCertificates()
        let tls = try files.server(clientCA: true)
        try await EchoServer.run {
            $0.tls = tls
        } _: { echo in
            try await expectAnswer(echo, options(echo, files.client(.verifyFull, certificate: "client")))
            try await expectFailure(echo, options(echo, files.client(.verifyFull)))
            var stranger = ClientTLSOptions(.require)
            stranger.certificateFile = other.path("client.pem")
            stranger.keyFile = other.path("client.key")
            try await expectFailure(echo, options(echo, ClientTLS.make(stranger)))
        }
    }

    @Test func aCertificateIsReadAgainWhileTheServerRuns() async throws {
        let files = try TestCertificates()
        let other = try TestCertificates()
        let tls = try files.server()
        try await EchoServer.run {
            $0.tls = tls
        } _: { echo in
            let before = try await PostgresClientConnection.connect(
                options(echo, files.client(.verifyFull)), on: echo.group.next())
            for name in ["server.pem", "server.key"] {
                try FileManager.default.removeItem(atPath: files.path(name))
                try FileManager.default.copyItem(atPath: other.path(name), toPath: files.path(name))
            }
            try tls.reload()
            try await expectAnswer(echo, options(echo, other.client(.verifyFull)))
            try await expectFailure(echo, options(echo, files.client(.verifyFull)))
            // What runs goes on.
            let still = try await before.query("echo on")
            #expect(still.first?.rows == [["on"]])
            try Data("nonsense".utf8).write(to: URL(fileURLWithPath: files.path("server.pem")))
            #expect(throws: PostgresError.self) { try tls.reload() }
            try await expectAnswer(echo, options(echo, other.client(.verifyFull)))
        }
    }

    @Test func aKeyThatOthersCanReadIsRefused() throws {
        let files = try TestCertificates()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: files.path("server.key"))
        let error = #expect(throws: PostgresError.self) { try files.server() }
        #expect(error?.message.contains("chmod 600") == true)
        #expect(throws: PostgresError.self) { try files.server("nobody") }
    }

    @Test func anEncryptedConnectionStaysOnItsLoop() async throws {
        let files = try TestCertificates()
        let tls = try files.server()
        try await EchoServer.run {
            $0.tls = tls
        } _: { echo in
            let client = try await PostgresClientConnection.connect(
                options(echo, files.client(.verifyFull)), on: echo.group.next())
            let large = String(repeating: "x", count: 3_000_000)
            let answer = try await client.query("echo \(large)")
            #expect(answer.first?.rows == [[large]])
            client.close()
        }
    }
}
