import TandemLog

// What arrives from other nodes.
extension ReplicationDriver {
    /// A replica asks to be streamed to.
    public func connectReceived(_ connect: Connect, on connection: ConnectionID) {
        if connect.group == machine.durable.group, !connect.cascades { addresses[connect.node] = connect.address }
        handle { $0.connectReceived(connect, from: connection, now: $1) }
    }

    public func acknowledgementReceived(_ acknowledgement: Acknowledgement, on connection: ConnectionID) {
        handle { $0.acknowledgementReceived(acknowledgement, from: connection, now: $1) }
    }

    public func promiseRequested(_ request: PromiseRequest, on connection: ConnectionID) {
        handle { $0.promiseRequested(request, from: connection, now: $1) }
    }

    public func promiseAnswered(_ answer: PromiseAnswer) {
        handle { $0.promiseAnswered(answer, now: $1) }
    }

    /// A replica refuses to go on: it has promised a later epoch.
    public func refusalReceived(_ refused: Refused, on connection: ConnectionID) {
        handle { $0.refusalReceived(refused, from: connection, now: $1) }
    }

    /// An incoming connection has ended.
    public func connectionClosed(_ connection: ConnectionID, reason: String) {
        streams[connection] = nil
        handle { $0.connectionClosed(connection, reason: reason, now: $1) }
    }

    public func connectionWritable(_ connection: ConnectionID) {
        pump(connection)
    }

    public func accepted(_ accept: Accept) {
        handle { $0.accepted(accept, now: $1) }
    }

    public func refused(_ refused: Refused, on number: ConnectionNumber) {
        handle { $0.refused(refused, on: number, now: $1) }
    }

    public func keepaliveReceived(_ keepalive: Keepalive) {
        handle { $0.keepaliveReceived(keepalive, now: $1) }
    }

    /// The primary wants this node to take over.
    public func takeOverReceived(_ takeOver: TakeOver) {
        handle { $0.takeOverReceived(takeOver, now: $1) }
    }

    /// The connection to the primary has ended, or could not be made.
    public func upstreamClosed(_ number: ConnectionNumber, reason: String) {
        assembler = RecordsAssembler()
        handle { $0.upstreamClosed(number, reason: reason, now: $1) }
    }

    /// A frame of records; a batch that travels in several is put together first.
    ///
    /// - Throws: ``LogError`` if the bytes are not the records that follow this node's log; the connection must then
    ///   be closed.
    public func recordsReceived(_ header: RecordsHeader, _ bytes: UnsafeRawBufferPointer) throws {
        guard let log else { return }
        let batch = try assembler.add(header, bytes) { whole in
            try RecordBatch(validating: whole, following: log.end)
        }
        guard let batch else { return handle { $0.upstreamHeard(header.number, now: $1) } }
        received = batch
        handle { $0.recordsReceived(header, ReceivedRecords(batch), now: $1) }
        received = nil
    }
}

// What goes to the replicas.
extension ReplicationDriver {
    /// A larger batch travels in several frames. Each is a sign of life: behind a link that takes longer for one than
    /// ``ReplicationMachine/Configuration/silenceLimit``, nothing would ever arrive.
    static let frameSize = 64 << 10
    /// So much is read from the log at once for a replica that catches up.
    private static let readSize = 1 << 20

    /// Sends the records just appended to a replica that has everything before; others go on catching up.
    func offer(_ batch: RecordBatch, to connection: ConnectionID) {
        guard let stream = streams[connection], stream.partial == nil, stream.next == batch.firstIndex,
            transport.isWritable(connection)
        else { return pump(connection) }
        begin(batch, on: connection)
        pump(connection)
    }

    /// Sends what the log holds for a replica, as long as its connection takes more.
    func pump(_ connection: ConnectionID) {
        while transport.isWritable(connection), let stream = streams[connection] {
            if stream.partial != nil {
                sendPiece(on: connection)
                continue
            }
            guard let log else { return }
            let last = min(log.lastIndex, stream.end ?? log.lastIndex)
            guard stream.next <= last else { return }
            do {
                let batch = try log.read(
                    from: stream.next, through: last, maximumBytes: Self.readSize)
                guard let batch else { return }
                begin(batch, on: connection)
            } catch {
                return streamFailed(error, on: connection)
            }
        }
    }

    private func streamFailed(_ error: LogError, on connection: ConnectionID) {
        let stream = streams.removeValue(forKey: connection)
        // A replica that was too slow for what may be kept takes a snapshot: that is no damage.
        let wasPruned = error.code == .missing && (stream.map { $0.next < machine.log.first } ?? false)
        let isDamage = !wasPruned && (error.code == .damaged || error.code == .missing)
        handle { $0.streamFailed(connection, reason: String(describing: error), isDamage: isDamage, now: $1) }
    }

    private func begin(_ batch: RecordBatch, on connection: ConnectionID) {
        let header = machine.recordsHeader(
            to: connection, first: batch.firstIndex, last: batch.lastIndex, clock: nextClock(), now: Self.now)
        guard var header else {
            streams[connection] = nil
            return
        }
        header.total = UInt32(batch.byteCount)
        streams[connection]?.next = batch.lastIndex.next
        streams[connection]?.partial = .init(header: header, batch: batch, offset: 0)
        sendPiece(on: connection)
    }

    private func sendPiece(on connection: ConnectionID) {
        guard let partial = streams[connection]?.partial else { return }
        var header = partial.header
        header.offset = UInt32(partial.offset)
        let end = min(partial.batch.byteCount, partial.offset + Self.frameSize)
        // What is noted before it is sent cannot be sent twice, whatever sending sets off.
        if end == partial.batch.byteCount {
            streams[connection]?.partial = nil
        } else {
            streams[connection]?.partial?.offset = end
        }
        partial.batch.withUnsafeBytes { bytes in
            transport.send(header, UnsafeRawBufferPointer(rebasing: bytes[partial.offset..<end]), to: connection)
        }
    }
}

extension ReceivedRecords {
    /// What the machine must know of a batch.
    init(_ batch: RecordBatch) {
        self.init(
            first: batch.firstIndex, last: batch.lastIndex,
            epochs: batch.epochs.map { EpochHistory.Entry(epoch: $0.epoch, firstIndex: $0.index) },
            memberRecords: batch.members.map { PlacedMemberRecord(index: $0.index, record: $0.record) })
    }
}
