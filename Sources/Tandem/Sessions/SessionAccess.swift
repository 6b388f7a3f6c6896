import TandemSQLite

/// What a session's steps can reach where they are being run.
enum SessionAccess {
    /// No database: the thread for long statements, and the event loop of a session that has to end.
    case none
    /// The event loop, with a connection for what is over soon; everything else goes elsewhere.
    case loop(BriefReader)
    /// A reader thread, with a connection that sees committed states only.
    case reader(ReaderConnection)
    /// The database thread, inside this session's transaction.
    case writer(WriterConnection)

    /// Whether a disk, or the client, may be waited for there.
    var mayBlock: Bool {
        switch self {
        case .none, .loop: false
        case .reader, .writer: true
        }
    }
}

/// Why a session's steps stopped where they are being run.
enum SessionStop {
    /// Everything received has been answered.
    case finished
    /// Enough has been answered: what follows waits until the client has taken it, and until others have had their turn.
    case outputIsFull
    /// The next step is a statement whose text is so long that others would wait for its being read.
    case needsParser
    /// The next step reads, and not here: it needs a reader, on a thread of its own where the event loop has tried.
    case needsReader
    /// The next step writes: it needs the writer.
    case needsWriter
    /// The next step takes an advisory lock that another session has: it is done once that is given back.
    case needsLock
    /// The transaction on the writer is to be committed; what follows is answered after that.
    case transactionEnded
    /// The transaction on the writer is to be rolled back, because it was asked for or because of an error.
    case transactionRolledBack
}
