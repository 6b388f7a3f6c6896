/// A regular expression as PostgreSQL takes it (its manual, 9.7.3), as far as it is a regular one: no back references, no
/// looking ahead.
///
/// It is run as an automaton of all its states at once, so that no pattern can take more than
/// text × states; states are bounded.
struct RegularExpression: Sendable {
    struct Invalid: Error {
        var reason: String
    }

    enum Instruction: Sendable {
        case character(CharacterSet)
        /// Something that is true of the place between two characters.
        case assertion(Assertion)
        /// Both; the first is preferred.
        case split(Int, Int)
        case jump(Int)
        /// The beginning or the end of a group, by its place among a match's bounds.
        case bound(Int)
        case match

        var isBound: Bool {
            if case .bound = self { return true }
            return false
        }
    }

    /// So many states there may be, and so many operands and alternatives in the pattern.
    static let maximumSize = 2_000

    let program: [Instruction]
    let ignoresCase: Bool
    /// How many parentheses are told of.
    let groupCount: Int
    /// Whether the shortest match is looked for instead of the longest.
    let isLazy: Bool

    /// - Parameter ignoresCase: as the flag `i`, and `(?i)` at the beginning of the pattern.
    /// - Throws: ``Invalid`` where it cannot be read or is too large.
    init(_ pattern: String, ignoresCase: Bool = false) throws(Invalid) {
        var parser = RegularExpressionParser(pattern)
        let expression = try parser.parse()
        self.ignoresCase = ignoresCase || parser.ignoresCase
        groupCount = parser.groupCount
        isLazy = expression.preference == .shortest
        var program: [Instruction] = []
        try expression.write(to: &program)
        program.append(.match)
        self.program = program
    }
}
