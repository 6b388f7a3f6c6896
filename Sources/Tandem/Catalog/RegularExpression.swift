/// A regular expression as PostgreSQL's operator `~` takes it (its manual, 9.7.3), as far as it is a regular one: no back
/// references, no looking ahead.
///
/// It is run as an automaton of all its states at once, so that no pattern can take more than
/// text × states; states are bounded.
///
/// - Complexity: O(length of the text × size of the pattern).
struct RegularExpression {
    struct Invalid: Error {
        var reason: String
    }

    enum Instruction {
        case character(CharacterSet)
        case start, end
        case split(Int, Int)
        case jump(Int)
        case match
    }

    /// So many states there may be.
    static let maximumSize = 2_000

    private let program: [Instruction]
    private let ignoresCase: Bool

    /// - Throws: ``Invalid`` where it cannot be read or is too large.
    init(_ pattern: String) throws(Invalid) {
        var parser = RegularExpressionParser(pattern)
        let expression = try parser.parse()
        ignoresCase = parser.ignoresCase
        var program: [Instruction] = []
        try expression.write(to: &program)
        program.append(.match)
        self.program = program
    }

    /// Whether it matches somewhere in the text.
    func matches(_ text: String) -> Bool {
        let scalars = Array((ignoresCase ? text.lowercased() : text).unicodeScalars)
        var current: [Int] = []
        var seen = [Int](repeating: -1, count: program.count)
        for place in 0...scalars.count {
            if follow(0, place, scalars.count, &current, &seen) { return true }
            guard place < scalars.count else { break }
            var next: [Int] = []
            let states = current
            current = []
            for state in states {
                guard case .character(let set) = program[state], set.contains(scalars[place]) else { continue }
                if follow(state + 1, place + 1, scalars.count, &next, &seen) { return true }
            }
            current = next
        }
        return false
    }

    /// Adds the states that are reached without a character.
    ///
    /// - Returns: whether the end of the pattern is among them.
    private func follow(_ start: Int, _ place: Int, _ count: Int, _ states: inout [Int], _ seen: inout [Int]) -> Bool {
        var open = [start]
        while let state = open.popLast() {
            guard seen[state] != place else { continue }
            seen[state] = place
            switch program[state] {
            case .match: return true
            case .jump(let target): open.append(target)
            case .split(let one, let other): open += [other, one]
            case .start: if place == 0 { open.append(state + 1) }
            case .end: if place == count { open.append(state + 1) }
            case .character: states.append(state)
            }
        }
        return false
    }

    /// Some characters, or all others.
    struct CharacterSet {
        var ranges: [ClosedRange<UInt32>] = []
        var isNegated = false

        static let any = CharacterSet(isNegated: true)
        static let digits = CharacterSet(ranges: [0x30...0x39])
        static let letters = CharacterSet(ranges: [0x41...0x5A, 0x61...0x7A, 0xAA...0x10FFFF])
        static let spaces = CharacterSet(ranges: [0x09...0x0D, 0x20...0x20])
        static let wordCharacters = CharacterSet(ranges: digits.ranges + letters.ranges + [0x5F...0x5F])

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            ranges.contains { $0.contains(scalar.value) } != isNegated
        }
    }

    indirect enum Expression {
        case characters(CharacterSet)
        case start, end, empty
        case sequence([Expression])
        case alternatives(Expression, Expression)
        case repeated(Expression, minimum: Int, maximum: Int?)

        func write(to program: inout [Instruction]) throws(Invalid) {
            guard program.count < RegularExpression.maximumSize else { throw Invalid(reason: "it is too large") }
            switch self {
            case .empty: return
            case .start: program.append(.start)
            case .end: program.append(.end)
            case .characters(let set): program.append(.character(set))
            case .sequence(let parts): for part in parts { try part.write(to: &program) }
            case .alternatives(let one, let other):
                let split = program.count
                program.append(.jump(0))
                try one.write(to: &program)
                let jump = program.count
                program.append(.jump(0))
                program[split] = .split(split + 1, program.count)
                try other.write(to: &program)
                program[jump] = .jump(program.count)
            case .repeated(let inner, let minimum, let maximum):
                for _ in 0..<minimum {
                    let start = program.count
                    try inner.write(to: &program)
                    // Nothing, however often, is nothing.
                    if program.count == start { return }
                }
                guard let maximum else {
                    let split = program.count
                    program.append(.jump(0))
                    try inner.write(to: &program)
                    program.append(.jump(split))
                    program[split] = .split(split + 1, program.count)
                    return
                }
                guard maximum > minimum else { return }
                try Expression.repeated(inner, minimum: 1, maximum: 1).writeOptional(maximum - minimum, to: &program)
            }
        }

        /// Once, or not at all, so many times.
        private func writeOptional(_ count: Int, to program: inout [Instruction]) throws(Invalid) {
            var splits: [Int] = []
            for _ in 0..<count {
                splits.append(program.count)
                program.append(.jump(0))
                try write(to: &program)
            }
            for split in splits { program[split] = .split(split + 1, program.count) }
        }
    }
}
