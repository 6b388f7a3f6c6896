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
        var isInBrackets = false
        for scalar in pattern.unicodeScalars {
            if isEscaped {
                result += isLetterOrDigit(scalar) ? String(scalar) : "\\\(scalar)"
                isEscaped = false
            } else if scalar == escape {
                isEscaped = true
            } else if isInBrackets {
                isInBrackets = scalar != "]"
                result += scalar == "\\" ? "\\\\" : String(scalar)
            } else {
                isInBrackets = scalar == "["
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

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    }
}
