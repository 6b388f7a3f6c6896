import Tandem

/// A node that is asked again and again what it says of itself.
struct NodeWatch {
    let address: HostAndPort
    let login: NodeLogin
    private var last: NodeReport?
    private var nextTime = ContinuousClock.now

    /// How long a node that has refused the log-in is left alone: each refusal is a line in its log.
    private static let pauseBehindRefusal = Duration.seconds(30)

    init(_ address: HostAndPort, _ login: NodeLogin) {
        self.address = address
        self.login = login
    }

    /// What it says now, or what it said when it refused the log-in a moment ago.
    mutating func report() async -> NodeReport {
        if let last, last.isRefused, ContinuousClock.now < nextTime { return last }
        let report = await NodeReport(asking: address, login)
        last = report
        nextTime = ContinuousClock.now + Self.pauseBehindRefusal
        return report
    }
}
