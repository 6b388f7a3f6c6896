extension Log {
    /// How a log is kept. None of it changes what the log says.
    public struct Options: Sendable {
        /// About how large a segment becomes, in bytes: it ends before the first group of transactions that begins
        /// when it is nearly full. Default 64 MiB, at least 4 KiB.
        public var segmentSize: Int
        /// Whether the next segment is prepared ahead of time on a background thread, so that flushing it is quick.
        /// Default true. Without it segments are reserved when they are needed.
        public var prepareAhead: Bool
        /// Whether opening reads the segments before the last, too, so that damage in them is found then and not by the
        /// replica that needs them. Default true.
        public var verifiesOlderSegments: Bool

        public init(
            segmentSize: Int = 64 << 20, prepareAhead: Bool = true, verifiesOlderSegments: Bool = true
        ) {
            self.segmentSize = max(4096, segmentSize)
            self.prepareAhead = prepareAhead
            self.verifiesOlderSegments = verifiesOlderSegments
        }
    }
}
