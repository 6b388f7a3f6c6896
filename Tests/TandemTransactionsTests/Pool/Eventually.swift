import Testing

/// Waits until `condition` holds, for ten seconds at most.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool
) async {
    let limit = ContinuousClock.now + .seconds(10)
    while !condition() {
        guard .now < limit else {
            Issue.record("it did not come true: \(what)", sourceLocation: sourceLocation)
            return
        }
        await Task.yield()
    }
}
