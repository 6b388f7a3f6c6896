/// One way of going through a text: the state that it has come to, and what it remembers.
protocol PatternWay {
    var state: Int { get set }
    /// It comes by the beginning or the end of a group.
    mutating func passes(_ bound: Int, at place: Int)
}

/// An automaton on its way through a text: all the states that it is in at one place, those that are preferred first.
struct PatternRun<Way: PatternWay> {
    private let program: [RegularExpression.Instruction]
    private let text: SubjectText
    private var current: [Way] = []
    /// Kept for their room.
    private var spare: [Way] = []
    private var open: [Way] = []
    /// By state, the number of the last place where it was reached.
    private var seen: [Int]
    private var placeNumber = 0
    private var steps = 0

    init(_ program: [RegularExpression.Instruction], _ text: SubjectText) {
        self.program = program
        self.text = text
        seen = Array(repeating: 0, count: program.count)
    }

    var isEmpty: Bool { current.isEmpty }

    /// How many steps it has taken since this was asked last.
    mutating func takeSteps() -> Int {
        defer { steps = 0 }
        return steps
    }

    /// Comes to a first place, with nothing that it knows of others.
    mutating func arrive() {
        current.removeAll(keepingCapacity: true)
        placeNumber += 1
    }

    /// Adds what is reached from a state without taking a character.
    ///
    /// - Returns: the first way that ends here; nil if none does.
    mutating func follow(_ way: Way, at place: Int) -> Way? {
        var ended: Way?
        open.append(way)
        while var way = open.popLast() {
            steps += 1
            guard seen[way.state] != placeNumber else { continue }
            seen[way.state] = placeNumber
            switch program[way.state] {
            case .match: ended = ended ?? way
            case .character: current.append(way)
            case .jump(let target):
                way.state = target
                open.append(way)
            case .split(let one, let other):
                way.state = other
                open.append(way)
                way.state = one
                open.append(way)
            case .bound(let number):
                way.passes(number, at: place)
                way.state += 1
                open.append(way)
            case .assertion(let assertion):
                guard text.holds(assertion, at: place) else { continue }
                way.state += 1
                open.append(way)
            }
        }
        return ended
    }

    /// Takes the character at a place.
    ///
    /// - Parameters:
    ///   - isWanted: whether a way is still worth going.
    ///   - end: told of the ways that end behind the character.
    mutating func advance(from place: Int, where isWanted: (Way) -> Bool = { _ in true }, end: (Way) -> Void) {
        var ways = spare
        spare = []
        swap(&ways, &current)
        placeNumber += 1
        for way in ways where isWanted(way) {
            steps += 1
            guard case .character(let set) = program[way.state], text.isIn(set, at: place) else { continue }
            var moved = way
            moved.state += 1
            if let ended = follow(moved, at: place + 1) { end(ended) }
        }
        ways.removeAll(keepingCapacity: true)
        spare = ways
    }
}
