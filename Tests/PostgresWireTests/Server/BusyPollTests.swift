import NIOCore
import NIOPosix
import Testing

@testable import PostgresWire

@Suite(.timeLimit(.minutes(1))) struct BusyPollTests {
    private final class Client {}

    private let process = LoneSender()
    private let one = Client()
    private let other = Client()

    private func id(_ client: Client) -> ObjectIdentifier { ObjectIdentifier(client) }

    /// A loop on which one client has been alone for so long that it counts.
    private func loopOfOne() -> LoneSender.Loop {
        var loop = LoneSender.Loop(process)
        for number in 0..<2 * LoneSender.statements {
            let wasLast = loop.heard(id(one))
            #expect(wasLast == (number > 0))
            #expect(!loop.isAlone)
        }
        _ = loop.heard(id(one))
        return loop
    }

    @Test func aClientIsAloneAfterSomeStatements() {
        var loop = loopOfOne()
        #expect(loop.isAlone && process.is(id(one)))
        let wasLast = loop.heard(id(other))
        #expect(!wasLast)
        #expect(!loop.isAlone && !process.is(id(one)) && !process.is(id(other)))
    }

    @Test func clientsOfTwoLoopsAreNotAlone() {
        var (first, second) = (loopOfOne(), LoneSender.Loop(process))
        for _ in 0..<100 {
            _ = second.heard(id(other))
            _ = first.heard(id(one))
        }
        #expect(!first.isAlone && !second.isAlone)
    }

    @Test func whatComesInTimeIsWaitedFor() throws {
        _ = loopOfOne()
        let poll = try #require(BusyPoll(for: .seconds(60), process, processors: 2))
        var looks = 0
        let isThere = poll.wait(for: id(one)) {
            looks += 1
            return looks == 100
        }
        #expect(isThere && looks == 100)
    }

    @Test func somebodyElsesStatementEndsTheWait() throws {
        _ = loopOfOne()
        let poll = try #require(BusyPoll(for: .seconds(60), process, processors: 2))
        var looks = 0
        let isThere = poll.wait(for: id(one)) {
            looks += 1
            var loop = LoneSender.Loop(process)
            if looks == 10 { _ = loop.heard(id(other)) }
            return false
        }
        #expect(!isThere && looks == 10)
        #expect(!poll.wait(for: id(one)) { true }, "it is not alone any more")
    }

    /// Behind one that did not come in time the next is not waited for, behind another the next three.
    @Test func whoseStatementsComeSlowlyIsWaitedForLessOften() throws {
        _ = loopOfOne()
        let poll = try #require(BusyPoll(for: .nanoseconds(1), process, processors: 2))
        var waits: [Int] = []
        for number in 0..<20 {
            let isThere = poll.wait(for: id(one)) {
                if waits.last != number { waits.append(number) }
                return false
            }
            #expect(!isThere)
        }
        #expect(waits == [0, 2, 6, 14])
        #expect(BusyPoll(for: .zero) == nil && BusyPoll(for: .seconds(1), processors: 1) == nil)
    }

    /// Half a message, more than one, a pause of the client's, and its end are found as ever.
    @Test(arguments: [false, true]) func whatIsWaitedForIsAnsweredAsEver(isEncrypted: Bool) async throws {
        let certificates = try TestCertificates()
        let tls = try certificates.server()
        let clients = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        func configure(_ options: inout PostgresServerOptions) {
            options.busyPoll = .milliseconds(5)
            if isEncrypted { options.tls = tls }
        }
        try await EchoServer.run(configure) { echo in
            var options = echo.options()
            options.host = "localhost"
            if isEncrypted { options.tls = try certificates.client(.verifyFull) }
            let client = try await PostgresClientConnection.connect(options, on: clients.next())
            for number in 0..<300 {
                let results = try await client.query("\(number)")
                #expect(results.count == 1)
                if number % 60 == 0 { try await Task.sleep(for: .milliseconds(20)) }
            }
            let another = try await PostgresClientConnection.connect(options, on: clients.next())
            for number in 0..<50 { _ = try await (number % 3 == 0 ? another : client).query("\(number)") }
            client.close()
            #expect(try await another.query("1").count == 1)
            another.close()
        }
        try await clients.shutdownGracefully()
    }
}
