import Crypto
import Foundation
import TandemTransactions
import Testing

@testable import TandemHummingbird

@Suite struct PositionTokenTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private let token: PositionToken
    private let positions = SessionPositions("main=postgresql:0/16B3748") ?? SessionPositions()

    init() throws {
        token = PositionToken(
            keys: try SessionKeys(current: .test(1)), audience: "tandem-session", lifetime: .seconds(60))
    }

    @Test func aTokenHoldsVersionTimePositionAndSignature() throws {
        // HMAC-SHA256 with 32 bytes 0x01 as the key over "1\n1800000000\nbWFpbj1wb3N0Z3Jlc3FsOjAvMTZCMzc0OA\ntandem-session".
        let text = "1.1800000000.bWFpbj1wb3N0Z3Jlc3FsOjAvMTZCMzc0OA.HoaSSaJyVRpvbNhof_9zFGpsgim9nVRcTCx2EXTEQYo"
        #expect(token.signed(positions, at: Self.now) == text)
        #expect(token.positions(in: text, at: Self.now) == positions)
    }

    @Test func noByteOfATokenCanBeChanged() throws {
        let bytes = Array(try #require(token.signed(positions, at: Self.now)).utf8)
        for place in bytes.indices {
            for other in [UInt8(ascii: "A"), UInt8(ascii: "9"), UInt8(ascii: "."), bytes[place] ^ 1] {
                var changed = bytes
                changed[place] = other
                let text = String(decoding: changed, as: UTF8.self)
                // Of the last letter only four of six bits count: another letter may be the same signature.
                if changed == bytes || place == bytes.count - 1 { continue }
                #expect(token.positions(in: text, at: Self.now) == nil, "byte \(place) as \(other)")
            }
        }
    }

    @Test func noPrefixOfATokenIsOne() throws {
        let text = try #require(token.signed(positions, at: Self.now))
        for length in 0..<text.count { #expect(token.positions(in: String(text.prefix(length)), at: Self.now) == nil) }
        #expect(token.positions(in: text + ".", at: Self.now) == nil)
        #expect(token.positions(in: text + "A", at: Self.now) == nil)
    }

    @Test(arguments: [
        "", ".", "...", "1...", "2.1800000000.YQ.YQ", "1.x.YQ.YQ", "1.99999999999999999999.YQ.YQ", "ü.ü.ü.ü",
    ])
    func nonsenseIsNoToken(text: String) { #expect(token.positions(in: text, at: Self.now) == nil) }

    @Test func whatIsTooLongIsNeitherMadeNorRead() throws {
        let fits = try #require(SessionPositions("main=mariadb:" + String(repeating: "1", count: 1400)))
        let text = try #require(token.signed(fits, at: Self.now))
        #expect(token.positions(in: text, at: Self.now) == fits)
        let long = try #require(SessionPositions("main=mariadb:" + String(repeating: "1", count: 1500)))
        #expect(token.signed(long, at: Self.now) == nil)
        #expect(token.positions(in: String(repeating: "1", count: 1 << 20), at: Self.now) == nil)
    }

    @Test func randomBytesAreNoToken() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 0...255) }
            #expect(token.positions(in: String(decoding: bytes, as: UTF8.self), at: Self.now) == nil)
        }
    }
}
