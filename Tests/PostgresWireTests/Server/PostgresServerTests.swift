import NIOCore
import NIOPosix
import Testing

@testable import PostgresWire

@Suite(.timeLimit(.minutes(1))) struct PostgresServerTests {
    @Test func aQueryIsAnswered() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connect()
            let results = try await client.query("echo hello")
            #expect(results.map(\.rows) == [[["hello"]]])
            #expect(results.first?.columns.map(\.name) == ["c1"])
            #expect(results.first?.tag == "SELECT 1")
            let statuses = try await client.eventLoop.submit { client.parameterStatuses }.get()
            #expect(statuses["echo"] == "yes")
            #expect(statuses["client_encoding"] == "UTF8")
            #expect(client.key != nil)
            client.close()
            try await echo.journal.wait(for: "closed", on: client.eventLoop)
        }
    }

    @Test func anErrorComesBackAndTheSessionGoesOn() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connect()
            let error = await #expect(throws: PostgresError.self) { try await client.query("error") }
            #expect(error?.code == .syntaxError)
            #expect(error?.position == 1)
            #expect(try await client.query("echo on").first?.rows == [["on"]])
            #expect(try await client.query("").first == QueryResult())
        }
    }

    @Test func queriesWaitForTheOneBefore() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connect()
            let futures = (0..<100).map { client.query("echo \($0)") as EventLoopFuture<[QueryResult]> }
            for (index, future) in futures.enumerated() {
                #expect(try await future.get().first?.rows == [["\(index)"]])
            }
        }
    }

    @Test func aRequestForEncryptionIsAnsweredN() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connectRaw()
            var request = FrontendMessages()
            request.sslRequest()
            client.send(request.take())
            #expect(try await client.received(1) == ByteBuffer(string: "N"))
            request.gssEncryptionRequest()
            client.send(request.take())
            #expect(try await client.received(2) == ByteBuffer(string: "NN"))
            client.send(EchoServer.startup())
            try await echo.journal.wait(for: "started", on: echo.group.next())
            client.close()
        }
    }

    @Test func bytesBehindSSLRequestEndTheConnection() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connectRaw()
            var request = FrontendMessages()
            request.sslRequest()
            request.query("SELECT 'injected'")
            client.send(request.take())
            let messages = try decodeBackend(try await client.receivedUntilClosed())
            guard case .errorResponse(let error) = messages.first else {
                Issue.record("no error came: \(messages)")
                return
            }
            #expect(error.severity == .fatal)
        }
    }

    @Test func longMessagesWhoseEndsHaveNotComeAreBoundedTogether() async throws {
        try await EchoServer.run {
            $0.maximumLongMessageBytes = 3 << 20
        } _: { echo in
            for _ in 0..<2 {
                let hostile = try await echo.connectRaw()
                hostile.send(EchoServer.startup())
                var half = ByteBuffer(bytes: [UInt8(ascii: "Q")])
                half.writeInteger(UInt32(8 << 20))
                half.writeRepeatingByte(UInt8(ascii: "x"), count: 4 << 20)
                hostile.send(half)
                let answers = try decodeBackend(try await hostile.receivedUntilClosed())
                guard case .errorResponse(let error) = answers.last else {
                    Issue.record("no error came: \(answers)")
                    return
                }
                #expect(error.code == .outOfMemory && error.severity == .fatal)
            }
            // What they had is given back, and so is what came to its end.
            let client = try await echo.connect()
            let text = String(repeating: "x", count: 2 << 20)
            for _ in 0..<5 { #expect(try await client.query("echo \(text)").first?.rows == [[text]]) }
        }
    }

    @Test func longMessagesAreCountedUntilTheyEnd() {
        let messages = LongMessages(limit: 10)
        #expect(messages.changed(from: 0, to: 6))
        #expect(messages.changed(from: 0, to: 4))
        #expect(!messages.changed(from: 4, to: 5))
        #expect(messages.changed(from: 5, to: 0))
        #expect(messages.changed(from: 6, to: 10))
    }

    @Test func aNewerProtocolIsNegotiated() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connectRaw()
            var messages = FrontendMessages()
            messages.startup(
                StartupMessage(
                    version: ProtocolVersion(major: 3, minor: 2), parameters: ["user": "u", "_pq_.x": "1"]))
            client.send(messages.take())
            let answer = try decodeBackend(try await client.received(endingWith: EchoServer.greetingEnd))
            #expect(
                answer.first == .negotiateProtocolVersion(newest: .supported, unknownOptions: ["_pq_.x"]))
            #expect(answer.dropFirst().first == .authentication(.ok))
            client.close()
        }
    }

    @Test func aSessionCanBeRefusedByItsOwner() async throws {
        try await EchoServer.run { echo in
            let error = await #expect(throws: PostgresError.self) {
                try await echo.connect(["database": "forbidden"])
            }
            #expect(error?.code == .invalidCatalogName)
            #expect(error?.severity == .fatal)
            #expect(echo.server.sessionCount == 0)
        }
    }

    @Test func oneConnectionTooManyIsRefusedAndReplicationHasItsOwnCount() async throws {
        try await EchoServer.run {
            $0.maximumConnections = 2
            $0.maximumReplicationConnections = 1
        } _: { echo in
            let first = try await echo.connect()
            let second = try await echo.connect()
            let error = await #expect(throws: PostgresError.self) { try await echo.connect() }
            #expect(error?.code == .tooManyConnections)
            let replica = try await echo.connect(["replication": "true"])
            let refused = await #expect(throws: PostgresError.self) {
                try await echo.connect(["replication": "true"])
            }
            #expect(refused?.code == .tooManyConnections)
            first.close()
            try await echo.journal.wait(for: "closed", on: first.eventLoop)
            let third = try await echo.connect()
            #expect(try await third.query("echo in").first?.rows == [["in"]])
            for client in [second, third, replica] { client.close() }
        }
    }

    @Test func whoSaysNothingLeavesWhenOthersCome() async throws {
        try await EchoServer.run {
            $0.maximumStartups = 2
        } _: { echo in
            var request = FrontendMessages()
            request.sslRequest()
            let asked = request.take()
            let connections = [try await echo.connectRaw(), try await echo.connectRaw()]
            for connection in connections {
                connection.send(asked)
                _ = try await connection.received(1)
            }
            // Sessions do not count.
            let session = try await echo.connect()
            var answered = try await connections[0].receivedUntilClosed()
            #expect(answered.readString(length: 1) == "N")
            let answer = try decodeBackend(answered)
            guard case .errorResponse(let error) = answer.first else {
                Issue.record("the oldest was not told why")
                return
            }
            #expect(error.code == .tooManyConnections)
            #expect(try await session.query("echo x")[0].rows == [["x"]])
            connections[1].send(EchoServer.startup())
            _ = try await connections[1].received(endingWith: EchoServer.greetingEnd)
        }
    }

    @Test func aStartupThatTakesTooLongIsClosed() async throws {
        try await EchoServer.run {
            $0.startupTimeout = .milliseconds(50)
        } _: { echo in
            let client = try await echo.connectRaw()
            #expect(try await client.receivedUntilClosed() == ByteBuffer())
        }
    }

    @Test func twoHundredConnectionsAtOnce() async throws {
        try await EchoServer.run { echo in
            try await withThrowingTaskGroup(of: [QueryResult].self) { tasks in
                for number in 0..<200 {
                    tasks.addTask {
                        let client = try await echo.connect()
                        defer { client.close() }
                        return try await client.query("echo \(number)")
                    }
                }
                var numbers: Set<String> = []
                for try await results in tasks { numbers.insert(results.first?.rows.first?.first.flatMap { $0 } ?? "") }
                #expect(numbers.count == 200)
            }
        }
    }

    @Test func garbageEndsItsOwnConnectionOnly() async throws {
        try await EchoServer.run { echo in
            let good = try await echo.connect()
            for seed in 0..<50 as Range<UInt64> {
                var generator = SeededGenerator(seed: seed)
                let bad = try await echo.connectRaw()
                var garbage = seed % 2 == 0 ? ByteBuffer() : EchoServer.startup()
                garbage.writeBytes((0..<200).map { _ in UInt8.random(in: 128...255, using: &generator) })
                bad.send(garbage)
                let messages = try decodeBackend(try await bad.receivedUntilClosed())
                guard case .errorResponse(let error) = messages.last else {
                    Issue.record("no error came, seed \(seed)")
                    continue
                }
                #expect(error.severity == .fatal, "seed \(seed)")
            }
            #expect(try await good.query("echo alive").first?.rows == [["alive"]])
        }
    }

    @Test func aPipelineIsOneReadAndItsAnswersOneBuffer() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connectRaw()
            client.send(EchoServer.startup())
            let before = try await client.received(endingWith: EchoServer.greetingEnd).readableBytes
            var messages = FrontendMessages()
            for word in ["a", "b"] {
                messages.parse(.init(query: "echo \(word)"))
                messages.bind(.init())
                messages.execute()
            }
            messages.sync()
            client.send(messages.take())
            // Two times ParseComplete, BindComplete, a row of one byte, CommandComplete; then ReadyForQuery.
            var all = try await client.received(before + 2 * (5 + 5 + 12 + 14) + 6)
            all.moveReaderIndex(forwardBy: before)
            let answers = try decodeBackend(all)
            #expect(answers.count == 9)
            #expect(answers.last == .readyForQuery(.idle))
            #expect(echo.journal.lines.filter { $0 == "read completed" }.count == 1)
            client.close()
        }
    }

    @Test func pausedReadingHoldsMessagesBack() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connectRaw()
            var messages = FrontendMessages()
            messages.startup(StartupMessage(parameters: ["user": "u"]))
            messages.query("pause")
            messages.query("echo later")
            client.send(messages.take())
            try await echo.journal.wait(for: "execute echo later", on: echo.group.next())
            let lines = echo.journal.lines
            #expect(lines.firstIndex(of: "resumed") ?? .max < lines.firstIndex(of: "execute echo later") ?? .min)
            client.close()
        }
    }

    @Test func aThreadWaitsForASlowClient() async throws {
        try await EchoServer.run {
            $0.writeBufferWaterMark = 16 * 1024...64 * 1024
        } _: { echo in
            let client = try await echo.connectRaw()
            client.send(EchoServer.startup())
            let greeting = try await client.received(endingWith: EchoServer.greetingEnd)
            try await client.setReading(false)
            // 200,000 rows of 111 bytes are more than the system's buffers hold.
            var messages = FrontendMessages()
            messages.query("rows 200000")
            client.send(messages.take())
            try await echo.journal.wait(for: "not writable", on: echo.group.next())
            try await client.setReading(true)
            var answer = try await client.received(endingWith: EchoServer.greetingEnd)
            answer.moveReaderIndex(forwardBy: greeting.readableBytes)
            let rows = try decodeBackend(answer).filter {
                if case .dataRow = $0 { return true }
                return false
            }
            #expect(rows.count == 200_000)
            client.close()
        }
    }

    @Test func oneExecuteSendsToManyChannels() async throws {
        try await EchoServer.run { echo in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
            let channels = LockedValue<[PostgresChannel]>([])
            var options = PostgresServerOptions()
            options.port = 0
            let server = try await PostgresServer.listen(options, on: group) {
                (channel, _) throws(PostgresError) in
                channels.withLock { $0.append(channel) }
                return EchoSession(channel, echo.journal, replicationLoop: group.next())
            }
            var clients: [PostgresClientConnection] = []
            var futures: [EventLoopFuture<[QueryResult]>] = []
            for _ in 0..<8 {
                let options = PostgresClientOptions(port: server.port, user: "u")
                let client = try await PostgresClientConnection.connect(options, on: group.next())
                clients.append(client)
                futures.append(client.query("wait"))
            }
            while echo.journal.lines.filter({ $0 == "waiting" }).count < 8 { await Task.yield() }
            PostgresChannel.sendAll(
                channels.withLock { $0 }.map { channel in
                    var messages = BackendMessages()
                    messages.commandComplete("DONE \(channel.key.processID)")
                    messages.readyForQuery(.idle)
                    return (channel, messages.take())
                })
            var tags: Set<String> = []
            for future in futures { tags.insert(try await future.get().first?.tag ?? "") }
            #expect(tags.count == 8)
            for client in clients { client.close() }
            await server.shutdown(grace: .zero)
            try await group.shutdownGracefully()
        }
    }
}
