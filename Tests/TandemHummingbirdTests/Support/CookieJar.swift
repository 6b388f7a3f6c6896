import HTTPTypes

/// The cookies of a browser.
struct CookieJar: Sendable {
    /// Values by names.
    private(set) var cookies: [String: String] = [:]

    /// An answer has come.
    mutating func received(_ fields: HTTPFields) {
        for cookie in fields[values: .setCookie].compactMap(Self.parse) {
            cookies[cookie.name] = cookie.age > 0 ? cookie.value : nil
        }
    }

    static func parse(_ field: String) -> (name: String, value: String, age: Int)? {
        let parts = field.split(separator: ";").map { $0.trimmingPrefix { $0 == " " } }
        guard let pair = parts.first?.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false),
            pair.count == 2
        else { return nil }
        let age = parts.first { $0.hasPrefix("Max-Age=") }.flatMap { Int($0.dropFirst("Max-Age=".count)) }
        return (String(pair[0]), String(pair[1]), age ?? 1)
    }
}
