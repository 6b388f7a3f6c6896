extension FrontendMessage {
    /// About how many bytes of memory the message takes.
    public var byteCount: Int {
        switch self {
        case .query(let text), .copyFail(let text): Self.overhead + text.utf8.count
        case .parse(let parse): Self.overhead + parse.statement.utf8.count + parse.query.utf8.count
        case .bind(let bind): Self.overhead + bind.byteCount
        case .copyData(let bytes), .password(let bytes): Self.overhead + bytes.readableBytes
        case .describe, .execute, .close, .flush, .sync, .terminate, .copyDone, .functionCall, .invalid:
            Self.overhead
        }
    }

    /// What a message takes besides its content.
    private static let overhead = 64
}

extension FrontendMessage.Bind {
    /// About how many bytes of memory the parameters take.
    public var byteCount: Int {
        parameters.reduce(0) { $0 + MemoryLayout.size(ofValue: $1) + ($1?.readableBytes ?? 0) }
    }
}
