import Crypto

/// What RFC 5802 makes of a password: `SaltedPassword := Hi(Normalize(password), salt, i)` and the keys made of it.
struct ScramKeys {
    let clientKey: [UInt8]
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    init(password: String, salt: [UInt8], iterations: Int) {
        let salted = Self.hash(PasswordPreparation.prepare(password), salt: salt, iterations: iterations)
        clientKey = Self.code("Client Key", salted)
        storedKey = Array(SHA256.hash(data: clientKey))
        serverKey = Self.code("Server Key", salted)
    }

    /// `Hi()`: PBKDF2 with HMAC-SHA-256 and one block of output.
    static func hash(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        let key = SymmetricKey(data: password)
        var block = HMAC<SHA256>.authenticationCode(for: salt + [0, 0, 0, 1], using: key)
        var result = Array(block)
        for _ in 1..<max(1, iterations) {
            block = block.withUnsafeBytes { HMAC<SHA256>.authenticationCode(for: $0, using: key) }
            block.withUnsafeBytes { bytes in
                for place in result.indices { result[place] ^= bytes[place] }
            }
        }
        return result
    }

    /// HMAC-SHA-256 of a text.
    static func code(_ text: String, _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    static func exclusiveOr(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { zip(left, right).map { $0 ^ $1 } }

    /// Whether two keys are the same, in a time that does not depend on where they differ.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
