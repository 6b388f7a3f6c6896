// Where it matches, and what its parentheses hold.
extension RegularExpression {
    /// A match, as places in the text.
    struct Match {
        let range: Range<Int>
        /// What the pattern's parentheses hold; nil for those that took no part.
        let groups: [Range<Int>?]
    }

    /// A state, and nothing else.
    private struct PlainWay: PatternWay {
        var state: Int
        mutating func passes(_: Int, at _: Int) {}
    }

    /// Whether it matches somewhere in the text.
    ///
    /// - Complexity: O(length of the text × size of the pattern).
    func matches(_ text: SubjectText, _ work: inout FunctionWork) throws(FunctionWork.Ended) -> Bool {
        var run = PatternRun<PlainWay>(program, text)
        run.arrive()
        var isMatch = false
        for place in 0...text.count {
            isMatch = run.follow(PlainWay(state: 0), at: place) != nil || isMatch
            try work.take(run.takeSteps())
            guard !isMatch, place < text.count else { break }
            run.advance(from: place) { _ in isMatch = true }
        }
        return isMatch
    }

    /// The first match from a place on: of those that begin there the longest, or the shortest where the pattern prefers
    /// that.
    func firstMatch(
        in text: SubjectText, from start: Int, _ work: inout FunctionWork
    ) throws(FunctionWork.Ended) -> Match? {
        var runs = Runs(program, text)
        return try firstMatch(&runs, in: text, from: start, &work)
    }

    /// All matches, one behind the other. An empty one is followed by one that begins a character later.
    ///
    /// Each may be looked for to the end of the text: that would be the text's length squared, but for what `work` bears.
    func allMatches(
        in text: SubjectText, from start: Int = 0, _ work: inout FunctionWork
    ) throws(FunctionWork.Ended) -> [Match] {
        var runs = Runs(program, text)
        var matches: [Match] = []
        var place = start
        while place <= text.count, let match = try firstMatch(&runs, in: text, from: place, &work) {
            matches.append(match)
            place = match.range.isEmpty ? match.range.upperBound + 1 : match.range.upperBound
        }
        return matches
    }

    private func firstMatch(
        _ runs: inout Runs, in text: SubjectText, from start: Int, _ work: inout FunctionWork
    ) throws(FunctionWork.Ended) -> Match? {
        guard let range = try range(&runs.bounds, in: text, from: start, &work) else { return nil }
        guard groupCount > 0 else { return Match(range: range, groups: []) }
        return Match(range: range, groups: try groups(&runs.groups, range, &work))
    }

    /// One that finds where a match lies, and one that finds what its parentheses hold. Both serve one match after another.
    private struct Runs {
        var bounds: PatternRun<BegunWay>
        var groups: PatternRun<BoundedWay>

        init(_ program: [Instruction], _ text: SubjectText) {
            bounds = PatternRun(program, text)
            groups = PatternRun(program, text)
        }
    }

    /// A state, and where the match began that it is in.
    private struct BegunWay: PatternWay {
        var state: Int
        var start: Int
        mutating func passes(_: Int, at _: Int) {}
    }

    private func range(
        _ run: inout PatternRun<BegunWay>, in text: SubjectText, from: Int, _ work: inout FunctionWork
    ) throws(FunctionWork.Ended) -> Range<Int>? {
        var best: Range<Int>?
        run.arrive()
        for place in from...max(from, text.count) {
            // Those that began earlier come first, so that a state is theirs.
            if best == nil, let way = run.follow(BegunWay(state: 0, start: place), at: place) {
                best = way.start..<place
            }
            try work.take(run.takeSteps())
            guard place < text.count, !run.isEmpty || best == nil else { break }
            run.advance(
                from: place, where: { mayBeat(best, $0.start) },
                end: { if mayBeat(best, $0.start) { best = $0.start..<place + 1 } })
        }
        return best
    }

    private func mayBeat(_ best: Range<Int>?, _ start: Int) -> Bool {
        guard let best else { return true }
        return start < best.lowerBound || start == best.lowerBound && !isLazy
    }

    /// A state, and the bounds of groups that it has come by.
    private struct BoundedWay: PatternWay {
        var state: Int
        var bounds: [Int]
        mutating func passes(_ bound: Int, at place: Int) { bounds[bound] = place }
    }

    /// What the parentheses hold in a match whose bounds are known. Earlier parts of the pattern get what they prefer
    /// before later ones; of alternatives the first that fits is taken.
    private func groups(
        _ run: inout PatternRun<BoundedWay>, _ range: Range<Int>, _ work: inout FunctionWork
    ) throws(FunctionWork.Ended) -> [Range<Int>?] {
        run.arrive()
        let start = BoundedWay(state: 0, bounds: Array(repeating: -1, count: 2 * groupCount + 2))
        var found = run.follow(start, at: range.lowerBound)
        // The bounds are copied where they change.
        try work.take(run.takeSteps() * (groupCount + 1))
        for place in range {
            var first: BoundedWay?
            // The first that comes to the end is the one that was preferred.
            run.advance(from: place) { first = first ?? $0 }
            found = first
            try work.take(run.takeSteps() * (groupCount + 1))
        }
        guard let bounds = found?.bounds else { return Array(repeating: nil, count: groupCount) }
        return (1...groupCount).map { number in
            let (low, high) = (bounds[2 * number], bounds[2 * number + 1])
            return low >= 0 && high >= low ? low..<high : nil
        }
    }
}
