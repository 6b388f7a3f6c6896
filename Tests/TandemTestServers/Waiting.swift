/// Asks again and again until `condition` is true. What it throws counts as false until the time is up.
///
/// - Parameters:
///   - what: what is waited for, for the message: `the standby level with the primary`.
///   - timeout: how long at most; a bound for machines that hang, never a measure of speed.
/// - Throws: ``TestServerError`` when the time is up; what `giveUp` throws at once.
public func waitUntil(
    _ what: String, timeout: Duration = .seconds(60), giveUp: () throws -> Void = {},
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + timeout
    var pause = Duration.milliseconds(2)
    var last: (any Error)?
    while true {
        do {
            if try await condition() { return }
        } catch {
            last = error
        }
        try giveUp()
        guard ContinuousClock.now < deadline else {
            let reason = last.map { "; last it failed with: \($0)" } ?? ""
            throw TestServerError("\(what) did not come true within \(timeout)\(reason)")
        }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(50))
    }
}
