extension RegularExpression {
    /// What is true of a place without taking a character.
    enum Assertion: Sendable {
        case start, end
        /// `\m`, `\M`, `\y`, `\Y`
        case wordStart, wordEnd, wordBoundary, noWordBoundary
    }

    /// Which of several matches at one place is taken (PostgreSQL's manual, 9.7.3.5).
    enum Preference {
        case longest, shortest
    }

    indirect enum Expression {
        case characters(CharacterSet)
        case assertion(Assertion)
        case empty
        case sequence([Expression])
        case alternatives([Expression])
        case repeated(Expression, Repetition)
        /// What stands in parentheses that are told of, by their number from 1.
        case group(Expression, Int)

        struct Repetition {
            var minimum: Int
            /// Nil for as often as may be.
            var maximum: Int?
            var isLazy = false
            /// `{2}`: it prefers nothing.
            var isFixed = false
        }

        var preference: Preference? {
            switch self {
            case .characters, .assertion, .empty: nil
            case .sequence(let parts): parts.lazy.compactMap(\.preference).first
            case .alternatives: .longest
            case .repeated(let inner, let repetition):
                repetition.isFixed ? inner.preference : repetition.isLazy ? .shortest : .longest
            case .group(let inner, _): inner.preference
            }
        }

        func write(to program: inout [Instruction]) throws(Invalid) {
            guard program.count < RegularExpression.maximumSize else { throw .tooLarge }
            switch self {
            case .empty: return
            case .assertion(let assertion): program.append(.assertion(assertion))
            case .characters(let set): program.append(.character(set))
            case .sequence(let parts): for part in parts { try part.write(to: &program) }
            case .alternatives(let branches): try Self.write(branches, to: &program)
            case .group(let inner, let number):
                program.append(.bound(2 * number))
                try inner.write(to: &program)
                program.append(.bound(2 * number + 1))
            case .repeated(let inner, let repetition): try inner.write(repetition, to: &program)
            }
        }

        /// One of several, the first ones preferred.
        private static func write(_ branches: [Expression], to program: inout [Instruction]) throws(Invalid) {
            var jumps: [Int] = []
            for (number, branch) in branches.enumerated() {
                guard number < branches.count - 1 else {
                    try branch.write(to: &program)
                    break
                }
                let split = program.count
                program.append(.jump(0))
                try branch.write(to: &program)
                jumps.append(program.count)
                program.append(.jump(0))
                program[split] = .split(split + 1, program.count)
            }
            for jump in jumps { program[jump] = .jump(program.count) }
        }

        private func write(_ repetition: Repetition, to program: inout [Instruction]) throws(Invalid) {
            for _ in 0..<repetition.minimum {
                let start = program.count
                try write(to: &program)
                // Nothing, however often, is nothing.
                if program[start...].allSatisfy(\.isBound) { return }
            }
            guard let maximum = repetition.maximum else {
                let split = program.count
                program.append(.jump(0))
                try write(to: &program)
                program.append(.jump(split))
                program[split] = Self.split(split + 1, program.count, repetition.isLazy)
                return
            }
            guard maximum > repetition.minimum else { return }
            try writeOptional(maximum - repetition.minimum, repetition.isLazy, to: &program)
        }

        /// Once, or not at all, so many times.
        private func writeOptional(
            _ count: Int, _ isLazy: Bool, to program: inout [Instruction]
        ) throws(Invalid) {
            var splits: [Int] = []
            for _ in 0..<count {
                splits.append(program.count)
                program.append(.jump(0))
                try write(to: &program)
            }
            for split in splits { program[split] = Self.split(split + 1, program.count, isLazy) }
        }

        private static func split(_ more: Int, _ end: Int, _ isLazy: Bool) -> Instruction {
            isLazy ? .split(end, more) : .split(more, end)
        }
    }
}
