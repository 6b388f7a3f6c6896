import ArgumentParser
import TandemTestServers

/// Which servers a pair is made of.
enum PairEngine: String, ExpressibleByArgument, CaseIterable {
    case tandem
    case postgres
    case mariadb

    /// Starts a primary and its replica on free ports of loopback, in a temporary folder.
    func start() async throws -> RunningPair {
        switch self {
        case .tandem:
            let pair = try await TandemPair.start()
            return RunningPair(primary: pair.primary.url, replica: pair.replica.url) { await pair.stop() }
        case .postgres:
            let pair = try await PostgresPair.start()
            return RunningPair(primary: pair.primary.url, replica: pair.replica.url) { await pair.stop() }
        case .mariadb:
            let pair = try await MariaDBPair.start()
            return RunningPair(primary: pair.primary.url, replica: pair.replica.url) { await pair.stop() }
        }
    }
}

/// Where a pair is to be found, and how it is stopped.
struct RunningPair: Sendable {
    let primary: String
    let replica: String
    let stop: @Sendable () async -> Void
}
