import Crypto
import NIOSSL

/// The channel binding `tls-server-end-point` (RFC 5929, section 4): a hash of the server's certificate.
///
/// The hash is that of the certificate's signature, or SHA-256 instead of MD5 and SHA-1.
enum CertificateHash {
    /// Nil for signatures without a hash of their own, such as Ed25519: for those the RFC defines nothing.
    static func channelBinding(of certificate: NIOSSLCertificate) -> [UInt8]? {
        guard let bytes = try? certificate.toDERBytes() else { return nil }
        return channelBinding(ofDER: bytes)
    }

    static func channelBinding(ofDER bytes: [UInt8]) -> [UInt8]? {
        guard let algorithm = signatureAlgorithm(ofDER: bytes) else { return nil }
        switch hashName(algorithm) {
        case .sha256: return Array(SHA256.hash(data: bytes))
        case .sha384: return Array(SHA384.hash(data: bytes))
        case .sha512: return Array(SHA512.hash(data: bytes))
        case nil: return nil
        }
    }

    private enum Hash { case sha256, sha384, sha512 }

    /// Object identifiers in DER: PKCS #1 (1.2.840.113549.1.1) and ECDSA (1.2.840.10045.4).
    private static func hashName(_ identifier: ArraySlice<UInt8>) -> Hash? {
        let rsa: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01]
        let ecdsa: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04]
        if identifier.starts(with: rsa), identifier.count == rsa.count + 1 {
            switch identifier.last {
            case 4, 5, 11: return .sha256  // MD5, SHA-1 and SHA-256
            case 12: return .sha384
            case 13: return .sha512
            default: return nil
            }
        }
        guard identifier.starts(with: ecdsa) else { return nil }
        switch Array(identifier.dropFirst(ecdsa.count)) {
        case [1], [3, 2]: return .sha256  // SHA-1 and SHA-256
        case [3, 3]: return .sha384
        case [3, 4]: return .sha512
        default: return nil
        }
    }

    /// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER … }, … }`
    private static func signatureAlgorithm(ofDER bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard let certificate = element(bytes[...], tag: 0x30)?.content,
            let body = element(certificate, tag: 0x30),
            let algorithm = element(body.rest, tag: 0x30)?.content
        else { return nil }
        return element(algorithm, tag: 0x06)?.content
    }

    /// The DER element at the beginning of `bytes`, and what follows it.
    private static func element(
        _ bytes: ArraySlice<UInt8>, tag: UInt8
    ) -> (content: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        var bytes = bytes
        guard bytes.popFirst() == tag, let first = bytes.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            guard (1...4).contains(count), bytes.count >= count else { return nil }
            length = bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            bytes = bytes.dropFirst(count)
        }
        guard bytes.count >= length else { return nil }
        return (bytes.prefix(length), bytes.dropFirst(length))
    }
}
