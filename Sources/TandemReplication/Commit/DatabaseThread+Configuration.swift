extension DatabaseThread {
    /// The bounds of groups, of waiting and of applying.
    public struct Configuration: Sendable {
        /// At most so many transactions share a group. Default 512.
        public var maximumGroupCount = 512
        /// A group is closed once its records have so many bytes. Default 4 MiB.
        public var maximumGroupBytes = 4 << 20
        /// A group is closed once it has been running so long. Default 20 ms.
        public var maximumGroupDuration: Duration = .milliseconds(20)
        /// At most so many transactions wait for the writer; one more fails at once. Default 10,000.
        public var maximumWaiting = 10_000
        /// After so long a wait for acknowledgements clients are told what their commit waits for. Default 1 s.
        public var noticeAfter: Duration = .seconds(1)
        /// At most so many bytes of records are applied in one SQLite transaction. Default 1 MiB.
        public var applyBatchBytes = 1 << 20
        /// A replica applies a record only when it was committed so long ago. Default nil: at once.
        public var applyDelay: Duration?

        public init() {}
    }
}
