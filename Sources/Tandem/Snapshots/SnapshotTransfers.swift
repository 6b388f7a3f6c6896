import NIOConcurrencyHelpers
import TandemReplication

/// What a node says of the snapshots that it takes and gives, and of its log.
final class SnapshotTransfers: Sendable {
    private let library: SnapshotLibrary
    private let fetcher: SnapshotFetcher
    private let keeper: LogKeeper
    private let archiver: LogArchiver?

    init(_ service: ReplicationService) {
        library = service.snapshotLibrary
        fetcher = service.snapshotFetcher
        keeper = service.logKeeper
        archiver = service.archiver
    }

    /// What is kept of the log.
    var log: LogKeeper.Stand? { keeper.stand }

    /// How far the log is archived; nil if it is archived nowhere.
    var archive: LogArchiver.Stand? { archiver?.stand }

    /// The one that is being taken; nil if none is.
    var fetching: SnapshotProgress? { fetcher.progress }

    /// All of them, in words; nil if there is none.
    var words: String? {
        let taken = fetcher.progress.map { "from \($0.peer): \($0)" }
        let given = library.transfers.map { "to \($0.peer): \($0)" }.sorted()
        let all = [taken].compactMap { $0 } + given
        return all.isEmpty ? nil : all.joined(separator: "; ")
    }
}
