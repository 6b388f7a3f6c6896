import GRDB

/// How the connections to a database are opened.
public struct ConnectionOptions: Sendable {
    /// How long a connection waits for a lock that another process holds. Default: 5 seconds.
    public var busyTimeout: Duration = .seconds(5)
    /// The page cache of the writer, in KiB. Default: 16 MiB.
    public var writerCacheSize = 16 * 1024
    /// The page cache of each reader, in KiB. Default: 1 MiB.
    public var readerCacheSize = 1024
    /// How many prepared statements a connection keeps. Default: 128.
    public var statementCacheCapacity = 128
    /// How many pages the write-ahead log may have before it is copied into the database. Default: 4,000 (16 MiB).
    public var checkpointPages = 4_000
    /// Whether the sums of the tables' rows are kept, told in the log and compared. Default: yes.
    public var keepsContentSums = true
    /// What an applier does where a sum differs. Default: ``DriftPolicy/stop``.
    public var onDrift = DriftPolicy.stop
    /// Called for each connection before it is used, to add SQL functions, collations and tokenizers; the same ones on
    /// each node. It must not change rows, the schema, hooks or settings. Functions that take long ask the
    /// ``StatementStop`` whether to go on. Default: nothing.
    public var prepare: (@Sendable (Database, StatementStop) throws -> Void)?

    public init() {}
}
