import TandemLog

/// The primary's side of one replica's stream (MySQL's binlog dump thread): what has been sent, what is on its way.
struct OutgoingStream {
    /// A batch that is larger than a frame and has been sent up to `offset`.
    struct Partial {
        let header: RecordsHeader
        let batch: RecordBatch
        var offset: Int
    }

    /// The next record to send.
    var next: LogIndex
    /// The last record to send for now; nil for all there are.
    var end: LogIndex?
    var partial: Partial?
}
