import Crypto
import Foundation
import TandemTransactions

/// A session's positions as text that only who has the key can make: `1.SECONDS.POSITIONS.SIGNATURE`.
///
/// SECONDS is the time of signing since 1970, POSITIONS their text and SIGNATURE the HMAC-SHA256 of audience, version,
/// SECONDS and POSITIONS, both in base64url without padding. It is signed, not encrypted: a client can read how far the
/// database's log had come.
struct PositionToken {
    let keys: SessionKeys
    /// For whom it is; a token of another audience is not believed.
    let audience: String
    let lifetime: Duration

    private static let version = "1"
    /// No token is longer: what is, is not even looked at. Browsers keep cookies of 4096 bytes.
    static let maximumLength = 2048

    /// - Returns: nil where the token would be too long.
    func signed(_ positions: SessionPositions, at now: Date) -> String? {
        let seconds = String(Int64(now.timeIntervalSince1970))
        let payload = Base64URL.encode(Data(positions.description.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: message(seconds[...], payload[...]), using: keys.current)
        let token = [Self.version, seconds, payload, Base64URL.encode(Data(code))].joined(separator: ".")
        return token.utf8.count <= Self.maximumLength ? token : nil
    }

    /// - Returns: nil for whatever is not a token of ours that still counts.
    func positions(in token: String, at now: Date) -> SessionPositions? {
        guard token.utf8.count <= Self.maximumLength else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == Self.version, let code = Base64URL.decode(parts[3]) else { return nil }
        let message = message(parts[1], parts[2])
        // The comparison takes the same time wherever the difference is.
        guard
            keys.all.contains(where: {
                HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: $0)
            })
        else { return nil }
        guard let seconds = Int64(parts[1]), isCurrent(seconds, at: now), let payload = Base64URL.decode(parts[2])
        else { return nil }
        return String(data: payload, encoding: .utf8).flatMap(SessionPositions.init)
    }

    private func message(_ seconds: Substring, _ payload: Substring) -> Data {
        // No part but the audience may hold a line's end, and the audience stands last.
        Data([Self.version, String(seconds), String(payload), audience].joined(separator: "\n").utf8)
    }

    /// Another instance's clock may be ahead of this one's.
    private func isCurrent(_ seconds: Int64, at now: Date) -> Bool {
        abs(now.timeIntervalSince1970 - Double(seconds)) <= Double(lifetime.components.seconds)
    }
}

/// Base64 with the letters that cookies and headers take, without padding.
enum Base64URL {
    static func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func decode(_ text: some StringProtocol) -> Data? {
        let standard = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
    }
}
