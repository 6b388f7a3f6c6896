import NIOConcurrencyHelpers

/// Regular expressions that were read not long ago: a statement applies the same one to each of its rows.
final class PatternCache: Sendable {
    private struct Key: Hashable {
        var pattern: String
        var ignoresCase: Bool
    }

    /// So many are kept; beyond that all are forgotten.
    private static let capacity = 100
    /// In bytes; longer patterns are not read.
    private static let maximumLength = 64 * 1024

    static let shared = PatternCache()

    private let known = NIOLockedValueBox<[Key: RegularExpression]>([:])

    /// - Throws: `RegularExpression.Invalid`
    func expression(
        _ pattern: String, ignoresCase: Bool = false
    ) throws(RegularExpression.Invalid) -> RegularExpression {
        guard pattern.utf8.count <= Self.maximumLength else { throw .tooLarge }
        let key = Key(pattern: pattern, ignoresCase: ignoresCase)
        if let expression = known.withLockedValue({ $0[key] }) { return expression }
        let isSimilar = pattern.hasPrefix(SimilarPattern.prefix)
        let text =
            isSimilar
            ? SimilarPattern.regularExpression(String(pattern.dropFirst(SimilarPattern.prefix.count))) : pattern
        let expression = try RegularExpression(text, ignoresCase: ignoresCase)
        known.withLockedValue { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[key] = expression
        }
        return expression
    }
}
