import NIOCore
import NIOPosix
import Testing

@testable import PostgresWire

@Suite(.timeLimit(.minutes(1))) struct CancelAndShutdownTests {
    @Test func aCancelRequestReachesItsSessionAlone() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connect()
            let other = try await echo.connect()
            let key = try #require(client.key)
            let otherKey = try #require(other.key)
            #expect(key.processID != otherKey.processID)
            let result: EventLoopFuture<[QueryResult]> = client.query("wait")
            try await echo.journal.wait(for: "waiting", on: client.eventLoop)
            // A wrong secret and a session that does not exist change nothing, and are not answered either.
            let wrong = [
                BackendKey(processID: key.processID, secret: ~key.secret), BackendKey(processID: 999, secret: 0),
            ]
            for key in wrong {
                try await PostgresClientConnection.cancel(key, echo.options(), on: client.eventLoop).get()
            }
            #expect(!echo.journal.lines.contains("cancel requested"))
            try await PostgresClientConnection.cancel(key, echo.options(), on: client.eventLoop).get()
            let error = await #expect(throws: PostgresError.self) { try await result.get() }
            #expect(error?.code == .queryCanceled)
            #expect(echo.journal.lines.filter { $0 == "cancel requested" }.count == 1)
            #expect(try await client.query("echo on").first?.rows == [["on"]])
        }
    }

    @Test func shuttingDownTellsSessionsAndClosesWhatIsLeft() async throws {
        try await EchoServer.run { echo in
            let idle = try await echo.connect()
            let busy = try await echo.connect()
            let unstarted = try await echo.connectRaw()
            var request = FrontendMessages()
            request.sslRequest()
            unstarted.send(request.take())
            _ = try await unstarted.received(1)
            let result: EventLoopFuture<[QueryResult]> = busy.query("wait")
            try await echo.journal.wait(for: "waiting", on: busy.eventLoop)
            await echo.server.shutdown(grace: .milliseconds(50))
            #expect(echo.server.sessionCount == 0)
            let error = await #expect(throws: PostgresError.self) { try await result.get() }
            #expect(error?.code == .adminShutdown)
            let idleError = await #expect(throws: PostgresError.self) { try await idle.query("echo x") }
            #expect(idleError?.code == .adminShutdown)
            let last = try await unstarted.receivedUntilClosed()
            #expect(last.getString(at: 0, length: last.readableBytes)?.contains("57P03") == true)
            await #expect(throws: PostgresError.self) { try await echo.connect() }
            #expect(echo.journal.lines.filter { $0 == "closed" }.count == 2)
        }
    }

    @Test func aPortInUseIsOneClearError() async throws {
        try await EchoServer.run { echo in
            var options = PostgresServerOptions()
            options.port = echo.server.port
            let error = await #expect(throws: PostgresError.self) {
                try await PostgresServer.listen(options, on: echo.group) { (_, _) throws(PostgresError) in
                    throw .adminShutdown
                }
            }
            #expect(error?.message.contains("127.0.0.1:\(echo.server.port)") == true)
        }
    }
}
