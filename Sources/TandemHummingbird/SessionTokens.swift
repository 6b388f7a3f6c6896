import Foundation
import HTTPTypes
import TandemTransactions

/// What a request brings of its user's earlier ones: the header's tokens, and those of all cookies of the session.
///
/// Each answer that tells a position sets a cookie of a name of its own, and takes away those that its request has
/// brought, all of which its own includes. So the answers of requests that run at the same time may come in any order: none
/// of them sets back what another one has set.
struct SessionTokens {
    /// All that was brought.
    private(set) var positions = SessionPositions()
    /// The names of the cookies that were believed.
    private(set) var cookies: [String] = []

    /// More are not looked at, since each costs a signature.
    static let maximumCount = 64
    /// The letters of a signature that tell cookies apart.
    private static let suffixLength = 12

    init(_ fields: HTTPFields, header: HTTPField.Name?, cookie prefix: String, read: (String) -> SessionPositions?) {
        for token in Self.headers(in: fields, header).prefix(Self.maximumCount) {
            if let positions = read(token) { self.positions.formUnion(positions) }
        }
        for (name, token) in Self.cookies(in: fields, prefix).prefix(Self.maximumCount) {
            guard let positions = read(token) else { continue }
            self.positions.formUnion(positions)
            cookies.append(name)
        }
    }

    /// The name of the cookie that holds a token.
    static func cookieName(_ prefix: String, for token: String) -> String {
        "\(prefix).\(token.suffix(suffixLength))"
    }

    private static func headers(in fields: HTTPFields, _ name: HTTPField.Name?) -> [String] {
        guard let name else { return [] }
        return fields[values: name].joined(separator: ",").split { $0 == "," || $0 == " " }.map(String.init)
    }

    private static func cookies(in fields: HTTPFields, _ prefix: String) -> [(name: String, token: String)] {
        fields[values: .cookie].flatMap { $0.split(separator: ";") }.compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let name = String(parts[0].trimmingPrefix { $0 == " " })
            return name == prefix || name.hasPrefix(prefix + ".") ? (name, String(parts[1])) : nil
        }
    }
}
