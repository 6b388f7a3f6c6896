import Crypto
import Foundation

/// What a server stores for a user's password with SCRAM-SHA-256 (RFC 5802, RFC 7677): enough to check a proof, not
/// enough to make one.
///
/// Its text form is PostgreSQL's: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, all but the iterations
/// in base64.
public struct ScramVerifier: Hashable, Sendable {
    /// How often the password was hashed. PostgreSQL's default, and RFC 7677's least, is 4,096.
    public static let defaultIterations = 4_096
    /// A verifier that asks a client for more is not taken: it would be a way to keep clients busy.
    static let maximumIterations = 1_000_000
    static let mechanism = "SCRAM-SHA-256"

    public let iterations: Int
    public let salt: [UInt8]
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    init(iterations: Int, salt: [UInt8], storedKey: [UInt8], serverKey: [UInt8]) {
        self.iterations = iterations
        self.salt = salt
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// Makes the verifier of a password. It takes some milliseconds on purpose.
    public init(
        password: String, salt: [UInt8] = ScramRandom.bytes(16), iterations: Int = ScramVerifier.defaultIterations
    ) {
        let keys = ScramKeys(password: password, salt: salt, iterations: iterations)
        self.init(
            iterations: iterations, salt: salt, storedKey: keys.storedKey, serverKey: keys.serverKey)
    }

    /// Reads the text form; nil for anything else, an MD5 hash or a password in clear text among them.
    public init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.mechanism else { return nil }
        let first = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        let keys = parts[2].split(separator: ":", omittingEmptySubsequences: false)
        guard first.count == 2, keys.count == 2, let iterations = Int(first[0]),
            (1...Self.maximumIterations).contains(iterations),
            let salt = Data(base64Encoded: String(first[1])), !salt.isEmpty, salt.count <= 1_024,
            let storedKey = Data(base64Encoded: String(keys[0])), storedKey.count == 32,
            let serverKey = Data(base64Encoded: String(keys[1])), serverKey.count == 32
        else { return nil }
        self.init(
            iterations: iterations, salt: Array(salt), storedKey: Array(storedKey), serverKey: Array(serverKey))
    }

    /// PostgreSQL's text form.
    public var text: String {
        "\(Self.mechanism)$\(iterations):\(ScramText.base64(salt))$"
            + "\(ScramText.base64(storedKey)):\(ScramText.base64(serverKey))"
    }

    /// A verifier for a user that does not exist. No password fits it; its salt is always the same for the same name,
    /// so that an attacker cannot tell which users exist by asking twice (RFC 5802, section 9).
    public static func unknownUser(_ name: String, secret: [UInt8]) -> ScramVerifier {
        let digest = HMAC<SHA256>.authenticationCode(for: Array(name.utf8), using: SymmetricKey(data: secret))
        return ScramVerifier(
            iterations: defaultIterations, salt: Array(Array(digest).prefix(16)), storedKey: ScramRandom.bytes(32),
            serverKey: ScramRandom.bytes(32))
    }
}
