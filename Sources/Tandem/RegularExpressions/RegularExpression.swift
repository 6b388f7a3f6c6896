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

    /// So many states there may be.
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

    /// Whether it matches somewhere in the text.
    ///
    /// - Complexity: O(length of the text × size of the pattern).
    func matches(_ text: String) -> Bool {
        let scalars = SubjectText(text, ignoresCase: ignoresCase)
        var current: [Int] = []
        var seen = [Int](repeating: -1, count: program.count)
        for place in 0...scalars.count {
            if follow(0, place, scalars, &current, &seen) { return true }
            guard place < scalars.count else { break }
            var next: [Int] = []
            let states = current
            current = []
            for state in states {
                guard case .character(let set) = program[state], scalars.isIn(set, at: place) else { continue }
                if follow(state + 1, place + 1, scalars, &next, &seen) { return true }
            }
            current = next
        }
        return false
    }

    /// Adds the states that are reached without a character.
    ///
    /// - Returns: whether the end of the pattern is among them.
    private func follow(
        _ start: Int, _ place: Int, _ text: SubjectText, _ states: inout [Int], _ seen: inout [Int]
    ) -> Bool {
        var open = [start]
        while let state = open.popLast() {
            guard seen[state] != place else { continue }
            seen[state] = place
            switch program[state] {
            case .match: return true
            case .jump(let target): open.append(target)
            case .split(let one, let other): open += [other, one]
            case .bound: open.append(state + 1)
            case .assertion(let assertion): if text.holds(assertion, at: place) { open.append(state + 1) }
            case .character: states.append(state)
            }
        }
        return false
    }
}
