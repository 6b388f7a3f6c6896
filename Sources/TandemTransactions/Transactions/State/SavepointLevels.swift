/// The parts of a transaction that can be rolled back alone, each of them what follows a savepoint.
struct SavepointLevels: Sendable {
    /// One such part.
    struct Level: Sendable {
        let number: Int
        /// Whether the server knows the savepoint. It is set before the level's first statement, not earlier.
        fileprivate(set) var isSet = false
        fileprivate(set) var mark: TransactionStateMachine.Mark?
    }

    /// The innermost last; numbers rise along it, and none is given twice.
    private var levels: [Level] = []
    private var lastNumber = TransactionStateMachine.outermost

    /// The level that is open; nil where it has ended, and for the outermost.
    subscript(number: Int) -> Level? { place(of: number).map { levels[$0] } }

    func isOpen(_ number: Int) -> Bool { number == TransactionStateMachine.outermost || place(of: number) != nil }

    /// The level whose statements have their turn.
    var innermost: Int { levels.last?.number ?? TransactionStateMachine.outermost }

    /// The first whose savepoint must be set before a statement of the innermost.
    var firstUnset: Int? { levels.first { !$0.isSet }?.number }

    /// A level was opened inside the innermost.
    ///
    /// - Returns: its number.
    mutating func opened() -> Int {
        lastNumber += 1
        levels.append(Level(number: lastNumber))
        return lastNumber
    }

    mutating func wasSet(_ number: Int) {
        if let place = place(of: number) { levels[place].isSet = true }
    }

    mutating func marked(_ mark: TransactionStateMachine.Mark, at number: Int) {
        if let place = place(of: number) { levels[place].mark = mark.following(levels[place].mark) }
    }

    /// A level has ended, and with it those inside.
    ///
    /// - Returns: the level as it was; nil where it had ended before.
    mutating func ended(_ number: Int) -> Level? {
        guard let place = place(of: number) else { return nil }
        defer { levels.removeSubrange(place...) }
        return levels[place]
    }

    private func place(of number: Int) -> Int? { levels.lastIndex { $0.number == number } }
}
