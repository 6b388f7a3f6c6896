/// What a measurement found.
struct Outcome {
    let times: [Duration]
    let elapsed: Duration

    /// `transactions seconds p50 p95 p99`, the last three in milliseconds.
    var line: String {
        let sorted = times.sorted()
        let percentiles = [0.50, 0.95, 0.99].map { part in
            sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))] / .milliseconds(1)
        }
        return ([Double(times.count), elapsed / .seconds(1)] + percentiles).map { "\($0)" }.joined(separator: " ")
    }
}
