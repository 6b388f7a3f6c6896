/// A text that a regular expression is tried on: code points, by which places in it are counted.
struct SubjectText {
    let scalars: [Unicode.Scalar]
    /// The same in the other case, where case means nothing; empty where it does.
    private let others: [Unicode.Scalar]

    init(_ text: String, ignoresCase: Bool) {
        scalars = Array(text.unicodeScalars)
        others = ignoresCase ? scalars.map(Self.otherCase) : []
    }

    var count: Int { scalars.count }

    subscript(range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

    func isIn(_ set: RegularExpression.CharacterSet, at place: Int) -> Bool {
        set.contains(scalars[place], others.isEmpty ? nil : others[place])
    }

    func holds(_ assertion: RegularExpression.Assertion, at place: Int) -> Bool {
        switch assertion {
        case .start: place == 0
        case .end: place == count
        case .wordStart: !isWord(place - 1) && isWord(place)
        case .wordEnd: isWord(place - 1) && !isWord(place)
        case .wordBoundary: isWord(place - 1) != isWord(place)
        case .noWordBoundary: isWord(place - 1) == isWord(place)
        }
    }

    private func isWord(_ place: Int) -> Bool {
        scalars.indices.contains(place) && RegularExpression.CharacterSet.wordCharacters.contains(scalars[place], nil)
    }

    /// Letters that become several in the other case stay as they are.
    private static func otherCase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let properties = scalar.properties
        for mapping in [properties.lowercaseMapping, properties.uppercaseMapping] {
            let mapped = mapping.unicodeScalars
            if mapped.count == 1, let first = mapped.first, first != scalar { return first }
        }
        return scalar
    }
}
