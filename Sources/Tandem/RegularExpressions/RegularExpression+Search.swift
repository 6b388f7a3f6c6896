// Where it matches, and what its parentheses hold.
extension RegularExpression {
    /// A match, as places in the text.
    struct Match {
        let range: Range<Int>
        /// What the pattern's parentheses hold; nil for those that took no part.
        let groups: [Range<Int>?]
    }

    /// So many steps a search of one text may take. Each match of many may be looked for to the end of the text: that would
    /// be the text's length squared.
    static let maximumSteps = 50_000_000

    /// The first match from a place on: of those that begin there the longest, or the shortest where the pattern prefers
    /// that.
    ///
    /// - Parameter steps: how many steps were taken so far.
    /// - Throws: ``Invalid`` where the search takes too many.
    func firstMatch(in text: SubjectText, from start: Int, steps: inout Int) throws(Invalid) -> Match? {
        guard let range = try range(in: text, from: start, &steps) else { return nil }
        guard groupCount > 0 else { return Match(range: range, groups: []) }
        return Match(range: range, groups: try groups(in: text, range, &steps))
    }

    /// All matches, one behind the other. An empty one is followed by one that begins a character later.
    func allMatches(in text: SubjectText, from start: Int = 0) throws(Invalid) -> [Match] {
        var matches: [Match] = []
        var steps = 0
        var place = start
        while place <= text.count, let match = try firstMatch(in: text, from: place, steps: &steps) {
            matches.append(match)
            place = match.range.isEmpty ? match.range.upperBound + 1 : match.range.upperBound
        }
        return matches
    }

    /// A state, and where the match began that it is in.
    private struct Thread {
        var state: Int
        var start: Int
    }

    private func range(in text: SubjectText, from: Int, _ steps: inout Int) throws(Invalid) -> Range<Int>? {
        var best: Range<Int>?
        var current: [Thread] = []
        var seen = [Int](repeating: -1, count: program.count)
        for place in from...max(from, text.count) {
            // Those that began earlier come first, so that a state is theirs.
            if best == nil, let start = follow(Thread(state: 0, start: place), place, text, &current, &seen) {
                best = start..<place
            }
            guard place < text.count, !current.isEmpty || best == nil else { break }
            steps += current.count + 1
            guard steps <= Self.maximumSteps else { throw Invalid(reason: "it takes too long on this text") }
            var next: [Thread] = []
            for thread in current where mayBeat(best, thread) {
                guard case .character(let set) = program[thread.state], text.isIn(set, at: place) else { continue }
                let moved = Thread(state: thread.state + 1, start: thread.start)
                guard let start = follow(moved, place + 1, text, &next, &seen) else { continue }
                if best.map({ start < $0.lowerBound || start == $0.lowerBound && !isLazy }) ?? true {
                    best = start..<place + 1
                }
            }
            current = next
        }
        return best
    }

    private func mayBeat(_ best: Range<Int>?, _ thread: Thread) -> Bool {
        guard let best else { return true }
        return thread.start < best.lowerBound || thread.start == best.lowerBound && !isLazy
    }

    /// Adds the states that are reached without a character.
    ///
    /// - Returns: where the match began, if it ends here.
    private func follow(
        _ thread: Thread, _ place: Int, _ text: SubjectText, _ threads: inout [Thread], _ seen: inout [Int]
    ) -> Int? {
        var open = [thread.state]
        var isMatch = false
        while let state = open.popLast() {
            guard seen[state] != place else { continue }
            seen[state] = place
            switch program[state] {
            case .match: isMatch = true
            case .jump(let target): open.append(target)
            case .split(let one, let other): open += [other, one]
            case .bound: open.append(state + 1)
            case .assertion(let assertion): if text.holds(assertion, at: place) { open.append(state + 1) }
            case .character: threads.append(Thread(state: state, start: thread.start))
            }
        }
        return isMatch ? thread.start : nil
    }

    /// A state, and the bounds of groups that it has come by.
    private struct Walker {
        var state: Int
        var bounds: [Int]
    }

    /// What the parentheses hold in a match whose bounds are known. Earlier parts of the pattern get what they prefer
    /// before later ones; of alternatives the first that fits is taken.
    private func groups(
        in text: SubjectText, _ range: Range<Int>, _ steps: inout Int
    ) throws(Invalid) -> [Range<Int>?] {
        var current: [Walker] = []
        var seen = [Int](repeating: -1, count: program.count)
        let start = Walker(state: 0, bounds: Array(repeating: -1, count: 2 * groupCount + 2))
        var found = follow(start, range.lowerBound, text, &current, &seen)
        for place in range {
            steps += current.count * (groupCount + 1)
            guard steps <= Self.maximumSteps else { throw Invalid(reason: "it takes too long on this text") }
            var next: [Walker] = []
            found = nil
            for walker in current {
                guard case .character(let set) = program[walker.state], text.isIn(set, at: place) else { continue }
                let moved = Walker(state: walker.state + 1, bounds: walker.bounds)
                // The first that comes to the end is the one that was preferred.
                let bounds = follow(moved, place + 1, text, &next, &seen)
                found = found ?? bounds
            }
            current = next
        }
        guard let found else { return Array(repeating: nil, count: groupCount) }
        return (1...groupCount).map { number in
            let (low, high) = (found[2 * number], found[2 * number + 1])
            return low >= 0 && high >= low ? low..<high : nil
        }
    }

    private func follow(
        _ walker: Walker, _ place: Int, _ text: SubjectText, _ walkers: inout [Walker], _ seen: inout [Int]
    ) -> [Int]? {
        var open = [walker]
        var found: [Int]?
        while var next = open.popLast() {
            guard seen[next.state] != place else { continue }
            seen[next.state] = place
            switch program[next.state] {
            case .match: found = found ?? next.bounds
            case .jump(let target): open.append(Walker(state: target, bounds: next.bounds))
            case .split(let one, let other):
                open.append(Walker(state: other, bounds: next.bounds))
                open.append(Walker(state: one, bounds: next.bounds))
            case .bound(let number):
                next.bounds[number] = place
                next.state += 1
                open.append(next)
            case .assertion(let assertion):
                guard text.holds(assertion, at: place) else { continue }
                next.state += 1
                open.append(next)
            case .character: walkers.append(next)
            }
        }
        return found
    }
}
