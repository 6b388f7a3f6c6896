/// The pattern of SIMILAR TO (PostgreSQL's manual, 9.7.2): a regular expression in which `%` and `_` are what they are to
/// LIKE, and which has to match the whole text.
enum SimilarPattern {
    /// What a pattern of this kind begins with where a regular expression is expected.
    static let prefix = "(?similar)"

    /// The regular expression that means the same.
    ///
    /// - Parameter escape: the character that takes the meaning of the next one; nil for none.
    static func regularExpression(_ pattern: String, escape: Unicode.Scalar? = "\\") -> String {
        var result = ""
        var isEscaped = false
        var brackets = Brackets()
        for scalar in pattern.unicodeScalars {
            if isEscaped {
                // As PostgreSQL's similar_escape: `\d` is a digit.
                result += "\\\(scalar)"
                isEscaped = false
                brackets.take("\\")
            } else if scalar == escape {
                isEscaped = true
            } else if brackets.areOpen {
                result += scalar == "\\" ? "\\\\" : String(scalar)
                brackets.take(scalar)
            } else {
                if scalar == "[" { brackets = Brackets(depth: 1) }
                result += translated(scalar)
            }
        }
        return "^(?:\(result))$"
    }

    private static func translated(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "%": ".*"
        case "_": "."
        case "(": "(?:"
        case ".", "^", "$", "\\": "\\\(scalar)"
        default: String(scalar)
        }
    }

    /// How deep in brackets a place is: `[[:digit:]_]` ends with the second one that closes.
    private struct Brackets {
        var depth = 0
        /// Whether nothing stands behind the opening one but `^`, so that `]` means itself.
        var isAtStart = true
        private var isNegated = false

        init(depth: Int = 0) { self.depth = depth }

        var areOpen: Bool { depth > 0 }

        mutating func take(_ scalar: Unicode.Scalar) {
            guard areOpen else { return }
            if scalar == "]", !isAtStart { depth -= 1 }
            if scalar == "[" { depth += 1 }
            isAtStart = isAtStart && scalar == "^" && !isNegated
            isNegated = scalar == "^"
        }
    }
}
