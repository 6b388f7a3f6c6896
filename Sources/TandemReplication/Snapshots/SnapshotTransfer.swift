import TandemLog

/// A node's side of a snapshot's transfer, over as many connections as it takes: what has come, and what to do with what
/// comes.
public struct SnapshotTransfer: Sendable {
    public enum State: Hashable, Sendable {
        /// Nothing is known yet; `done` of `total` pages of the copy are made.
        case preparing(done: UInt64, total: UInt64)
        /// Bytes up to `received` are written.
        case receiving(SnapshotHeader, received: UInt64)
        /// Everything has come; the whole is checked and flushed next.
        case complete(SnapshotHeader)
    }

    public enum Action: Hashable, Sendable {
        case none
        /// Empty the file, and keep the header beside it.
        case begin(SnapshotHeader)
        case write(offset: UInt64, bytes: [UInt8])
        /// Close the connection and try again later.
        case giveUp(String)
    }

    public private(set) var state: State

    /// - Parameter partial: what an earlier run of the node has left, and how many bytes of it there are.
    public init(partial: (header: SnapshotHeader, received: UInt64)? = nil) {
        guard let partial else {
            state = .preparing(done: 0, total: 0)
            return
        }
        let received = min(partial.received, partial.header.totalSize)
        state = .receiving(partial.header, received: received)
        completeIfWhole()
    }

    /// Where to go on, for the next connection's request.
    public var resume: SnapshotRequest.Resume? {
        switch state {
        case .preparing: nil
        case .receiving(let header, let received): .init(snapshot: header.snapshot, offset: received)
        case .complete(let header): .init(snapshot: header.snapshot, offset: header.totalSize)
        }
    }

    /// A message came. What the action says is to be done before the next one is handed in.
    ///
    /// - Parameter group: the node's; nil if it has none yet.
    public mutating func received(_ message: SnapshotMessage, group: GroupID?) -> Action {
        switch (message, state) {
        case (.preparing(let done, let total), .preparing):
            state = .preparing(done: done, total: total)
            return .none
        // The source makes another copy than the one that is here in part, which its header will say.
        case (.preparing, .receiving), (.preparing, .complete): return .none
        case (.header(let header, let offset), _): return begin(header, at: offset, group: group)
        case (.chunk(let offset, let bytes), .receiving(let header, let received)):
            guard offset == received, header.totalSize - received >= UInt64(bytes.count) else {
                return .giveUp("a chunk does not follow the one before it")
            }
            state = .receiving(header, received: received + UInt64(bytes.count))
            completeIfWhole()
            return .write(offset: offset, bytes: bytes)
        case (.chunk, .preparing), (.chunk, .complete): return .giveUp("a chunk was not expected")
        case (.refused(let reason), _): return .giveUp(reason)
        }
    }

    private mutating func begin(_ header: SnapshotHeader, at offset: UInt64, group: GroupID?) -> Action {
        if let group, group != header.group { return .giveUp("the snapshot is of another group") }
        if let resume, resume.snapshot == header.snapshot, resume.offset == offset { return .none }
        guard offset == 0 else { return .giveUp("a snapshot goes on where it was not left") }
        state = .receiving(header, received: 0)
        return .begin(header)
    }

    private mutating func completeIfWhole() {
        if case .receiving(let header, let received) = state, received == header.totalSize {
            state = .complete(header)
        }
    }

    /// The whole did not have its checksum: everything comes anew.
    public mutating func wasDamaged() { state = .preparing(done: 0, total: 0) }
}
