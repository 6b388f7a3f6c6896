import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOConcurrencyHelpers
import TandemTransactions
import Testing

@testable import TandemHummingbird

/// A user's reads after their writes, with several instances of a service over a replica that lags.
@Suite struct DatabaseSessionMiddlewareTests {
    private let servers = LaggingServers()

    private func keys(_ current: UInt8 = 1, accepted: [UInt8] = []) throws -> SessionKeys {
        try SessionKeys(current: .test(current), accepted: accepted.map { .test($0) })
    }

    @Test func whoHasWrittenReadsItFromAnotherInstance() async throws {
        let (one, other) = (Instance(servers, keys: try keys()), Instance(servers, keys: try keys()))
        let cookie = try #require(try await one.get("write").cookie)
        #expect(try await other.get("read", cookie: cookie).body == "primary")
        // Somebody else reads the replica: so it does lag.
        #expect(try await other.get("read").body == "replica")
        servers.catchUp()
        #expect(try await other.get("read", cookie: cookie).body == "replica")
    }

    @Test func theHeaderDoesWhatTheCookieDoes() async throws {
        let (one, other) = (Instance(servers, keys: try keys()), Instance(servers, keys: try keys()))
        let answer = try await one.get("write")
        let header = try #require(answer.header)
        #expect(header == answer.cookie)
        #expect(try await other.get("read", header: header).body == "primary")
        // One that is not believed does not hide the cookie.
        #expect(try await other.get("read", cookie: header, header: "nonsense").body == "primary")
    }

    /// Which of them is sent as what, and in which order, makes no difference.
    @Test func theNewestOfAllPositionsCounts() async throws {
        let instance = Instance(servers, keys: try keys())
        let (old, new) = (try await instance.get("write").cookie, try await instance.get("write").cookie)
        servers.catchUp(to: 1)
        #expect(try await instance.get("read", cookie: old).body == "replica")
        for (cookie, header) in [(old, new), (new, old)] {
            #expect(try await instance.get("read", cookie: cookie, header: header).body == "primary")
        }
        let (first, second) = (try #require(old), try #require(new))
        for header in ["\(first), \(second)", "\(second),\(first)"] {
            #expect(try await instance.get("read", header: header).body == "primary")
        }
    }

    @Test(arguments: [[0, 1], [1, 0]])
    func answersThatComeInAnyOrderSetNothingBack(order: [Int]) async throws {
        let (one, other) = (Instance(servers, keys: try keys()), Instance(servers, keys: try keys()))
        var jar = CookieJar()
        jar.received(try await one.get("write").fields)
        // Two requests at the same time, which know of the same.
        let answers = [try await one.get("write", jar: jar), try await other.get("write", jar: jar)]
        for place in order { jar.received(answers[place].fields) }
        servers.catchUp(to: 2)
        #expect(try await one.get("read", jar: jar).body == "primary")
        servers.catchUp(to: 3)
        #expect(try await one.get("read", jar: jar).body == "replica")
        #expect(jar.cookies.count == 2)
        jar.received(try await one.get("write", jar: jar).fields)
        #expect(jar.cookies.count == 1, "the next answer has all that was before it")
        #expect(try await other.get("read", jar: jar).body == "primary")
    }

    @Test func onlyAWriteSetsTheCookie() async throws {
        let instance = Instance(servers, keys: try keys())
        #expect(try await instance.get("read").cookie == nil)
        let cookie = try #require(try await instance.get("write").cookie)
        #expect(try await instance.get("read", cookie: cookie).cookie == nil)
        #expect(try await instance.get("write", cookie: cookie).cookie != cookie)
    }

    @Test func aRequestThatFailsAfterItsCommitTellsThePositionToo() async throws {
        let instance = Instance(servers, keys: try keys())
        let answer = try await instance.get("fail")
        #expect(answer.status == .conflict && answer.body.contains("no more of that"))
        let cookie = try #require(answer.cookie)
        #expect(try await instance.get("read", cookie: cookie).body == "primary")
    }

    /// Its position was lost, and its user read an older state.
    @Test func anErrorThatIsNoAnswerTellsThePositionToo() async throws {
        let instance = Instance(servers, keys: try keys())
        let answer = try await instance.get("break")
        #expect(answer.status == .internalServerError && answer.body.isEmpty)
        let cookie = try #require(answer.cookie)
        #expect(try await instance.get("read", cookie: cookie).body == "primary")
        #expect(try await instance.get("break-before").cookie == nil)
    }

    @Test func theCookieIsForTheServerAlone() async throws {
        let answer = try await Instance(servers, keys: try keys()).get("write")
        let attributes = try #require(answer.fields[.setCookie]).split(separator: "; ").dropFirst()
        #expect(Set(attributes) == ["Max-Age=3600", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"])
    }

    @Test func itsAttributesAreConfigured() async throws {
        let configuration = SessionConfiguration(
            headerName: nil, lifetime: .seconds(60), isSecure: false, sameSite: .strict, path: "/api",
            domain: "example.org")
        let answer = try await Instance(servers, keys: try keys(), configuration: configuration).get("write")
        let attributes = try #require(answer.fields[.setCookie]).split(separator: "; ").dropFirst()
        #expect(
            Set(attributes) == ["Max-Age=60", "Path=/api", "HttpOnly", "SameSite=Strict", "Domain=example.org"])
        #expect(answer.header == nil)
    }

    @Test func keysAreChangedOneAfterTheOther() async throws {
        let old = Instance(servers, keys: try keys(1, accepted: [2]))
        let new = Instance(servers, keys: try keys(2, accepted: [1]))
        let later = Instance(servers, keys: try keys(2))
        let (first, second) = (try await old.get("write").cookie, try await new.get("write").cookie)
        for instance in [old, new] {
            #expect(try await instance.get("read", cookie: first).body == "primary")
            #expect(try await instance.get("read", cookie: second).body == "primary")
        }
        #expect(try await later.get("read", cookie: second).body == "primary")
        #expect(try await later.get("read", cookie: first).body == "replica")
    }

    @Test func aCookieOfAnotherServiceOrAnotherNameCountsForNothing() async throws {
        let cookie = try await Instance(servers, keys: try keys(1)).get("write").cookie
        let named = SessionConfiguration(cookieName: "other")
        #expect(try await Instance(servers, keys: try keys(2)).get("read", cookie: cookie).body == "replica")
        let other = Instance(servers, keys: try keys(1), configuration: named)
        #expect(try await other.get("read", header: cookie).body == "replica")
    }

    @Test(arguments: [(3600, "primary"), (3601, "replica"), (-3600, "primary"), (-3601, "replica")])
    func anOldCookieCountsForNothing(age: Int, server: String) async throws {
        let time = NIOLockedValueBox(Date(timeIntervalSince1970: 1_800_000_000))
        let instance = Instance(servers, keys: try keys(), now: { time.withLockedValue { $0 } })
        let cookie = try await instance.get("write").cookie
        time.withLockedValue { $0 += TimeInterval(age) }
        #expect(try await instance.get("read", cookie: cookie).body == server)
    }

    @Test func aKeyThatCouldBeGuessedIsRefused() {
        #expect(throws: DatabaseError.self) { try SessionKeys(current: SymmetricKey(data: Data("secret".utf8))) }
        #expect(throws: DatabaseError.self) {
            try SessionKeys(current: .test(1), accepted: [SymmetricKey(data: Data("secret".utf8))])
        }
    }
}
