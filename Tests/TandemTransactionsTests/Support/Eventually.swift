import Testing

/// Waits until `condition` holds, for two minutes at most: beside other tests the threads may be busy.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async rethrows {
    let limit = ContinuousClock.now + .seconds(120)
    while try await !condition() {
        guard .now < limit else {
            Issue.record("it did not come true: \(what)", sourceLocation: sourceLocation)
            return
        }
        await Task.yield()
    }
}
