import NIOCore
import NIOPosix
import Testing

@testable import PostgresWire

/// Collects the payloads of a stream.
final class CollectingStream: PostgresCopyStream {
    let journal: EchoJournal

    init(_ journal: EchoJournal) { self.journal = journal }

    func received(_ payload: ByteBuffer) { journal.write("payload \(String(buffer: payload))") }
    func copyDoneReceived() { journal.write("copy done") }
    func ended(_ error: PostgresError?) { journal.write("ended \(error?.code.rawValue ?? "well")") }
}

@Suite(.timeLimit(.minutes(1))) struct DetachTests {
    private func startStream(_ client: PostgresClientConnection, _ journal: EchoJournal) async throws {
        try await client.eventLoop.flatSubmit {
            client.startCopyBoth("detach", stream: CollectingStream(journal))
        }.get()
    }

    private func copyData(_ text: String) -> ByteBuffer {
        var messages = FrontendMessages()
        messages.copyData { $0.writeString(text) }
        return messages.take()
    }

    @Test func aStreamGoesOnOnAnotherLoop() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connect()
            let journal = EchoJournal()
            try await startStream(client, journal)
            for number in 0..<100 { client.send(copyData("\(number)")) }
            try await journal.wait(for: "payload 99", on: client.eventLoop)
            #expect(journal.lines == (0..<100).map { "payload \($0)" })
            // The session on the first loop was not told of an end, because there is none.
            #expect(!echo.journal.lines.contains("closed"))
            #expect(echo.server.sessionCount == 1)
            client.sendCopyDone()
            try await journal.wait(for: "ended well", on: client.eventLoop)
            client.close()
            try await echo.journal.wait(for: "stream closed", on: client.eventLoop)
        }
    }

    @Test func bytesThatWereReadAlreadyAreHandedOver() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connectRaw()
            // All in one write: the first loop reads the stream's beginning along with the command, and half a
            // message too.
            var messages = FrontendMessages()
            messages.startup(StartupMessage(parameters: ["user": "u", "replication": "true"]))
            messages.query("detach")
            messages.copyData(ByteBuffer(string: "first"))
            messages.copyData(ByteBuffer(string: "second"))
            var bytes = messages.take()
            let beginning = bytes.readSlice(length: bytes.readableBytes - 3) ?? ByteBuffer()
            client.send(beginning)
            try await echo.journal.wait(for: "detached", on: echo.group.next())
            client.send(bytes)
            var expected = BackendMessages()
            expected.copyData(ByteBuffer(string: "first"))
            expected.copyData(ByteBuffer(string: "second"))
            let end = expected.take()
            _ = try await client.received(endingWith: end)
            client.close()
            try await echo.journal.wait(for: "stream closed", on: echo.group.next())
        }
    }

    @Test func theCancelKeyMovesAlong() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connect()
            try await startStream(client, EchoJournal())
            try await echo.journal.wait(for: "detached", on: client.eventLoop)
            let key = try #require(client.key)
            try await PostgresClientConnection.cancel(key, echo.options(), on: client.eventLoop).get()
            try await echo.journal.wait(for: "stream cancel requested", on: client.eventLoop)
        }
    }

    @Test func aStreamLearnsOfTheEndOfItsConnection() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connect()
            let journal = EchoJournal()
            try await startStream(client, journal)
            try await echo.journal.wait(for: "detached", on: client.eventLoop)
            await echo.server.shutdown(grace: .seconds(5))
            try await journal.wait(for: "ended 57P01", on: client.eventLoop)
        }
    }

    @Test func manyConnectionsMoveAtOnce() async throws {
        try await EchoServer.run {
            $0.maximumReplicationConnections = 64
        } _: { echo in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in 0..<50 {
                    tasks.addTask {
                        let client = try await echo.connect(["replication": "true"])
                        let journal = EchoJournal()
                        try await startStream(client, journal)
                        client.send(copyData("\(number)"))
                        try await journal.wait(for: "payload \(number)", on: client.eventLoop)
                        client.close()
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }
}
