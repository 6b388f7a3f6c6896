import Crypto
import TandemTransactions

/// The secrets by which a service knows the positions that it gave away.
///
/// All of a service's instances have the same. To change the secret without losing what is under way, first give every
/// instance the new one among `accepted`, then make it `current` with the old one `accepted`, and leave that out once
/// ``SessionConfiguration/lifetime`` has passed.
public struct SessionKeys: Sendable {
    /// Signs.
    let current: SymmetricKey
    /// Everything that is believed, the current one first.
    let all: [SymmetricKey]

    private static let minimumBits = 128

    /// The keys of a service, the same in each of its instances.
    ///
    /// - Parameters:
    ///   - current: signs, and is accepted. 32 random bytes are recommended.
    ///   - accepted: further ones whose signatures are accepted.
    /// - Throws: ``/TandemTransactions/DatabaseError`` (`invalidConfiguration`) where one has less than 16 bytes: it could be
    ///   guessed.
    public init(current: SymmetricKey, accepted: [SymmetricKey] = []) throws {
        self.current = current
        all = [current] + accepted
        guard all.allSatisfy({ $0.bitCount >= Self.minimumBits }) else {
            throw DatabaseError(
                .invalidConfiguration, "a key for session positions has less than 16 bytes: use 32 random ones")
        }
    }
}
