import Foundation

/// The parts of SCRAM's messages: attributes `x=value` with commas between them.
enum ScramText {
    static func base64(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }

    static func bytes(ofBase64 text: some StringProtocol) -> [UInt8]? {
        Data(base64Encoded: String(text)).map { Array($0) }
    }

    /// The value of `field`, which must be the attribute `name`.
    static func value(_ name: Character, _ field: Substring) -> Substring? {
        guard field.first == name, field.dropFirst().first == "=" else { return nil }
        return field.dropFirst(2)
    }

    static func fields(_ text: some StringProtocol) -> [Substring] {
        Substring(text).split(separator: ",", omittingEmptySubsequences: false)
    }

    /// Whether a nonce is made of what RFC 5802 allows: printable ASCII without a comma.
    static func isNonce(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 1_024
            && text.utf8.allSatisfy { $0 >= 0x21 && $0 <= 0x7E && $0 != UInt8(ascii: ",") }
    }
}
