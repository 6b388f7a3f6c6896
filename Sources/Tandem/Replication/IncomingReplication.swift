import NIOCore
import PostgresWire
import TandemLog
import TandemReplication

/// A connection that another node has opened: a replica that wants to be streamed to, or a question.
final class IncomingReplication: PostgresSession {
    let id: ConnectionID
    private let channel: PostgresChannel
    private let owner: ReplicationConnections
    /// Whether CopyData is spoken now.
    private var isStreaming = false
    /// Whether it is a cascade's, for whose acknowledgements nobody waits.
    private var isOfCascade = false
    private var isOver = false
    /// Whether the node is shutting down: it ends with the last acknowledgement that somebody waits for.
    private var endsWhenQuiet = false

    init(id: ConnectionID, channel: PostgresChannel, owner: ReplicationConnections) {
        self.id = id
        self.channel = channel
        self.owner = owner
    }

    func begin(_ message: FrontendMessage) { received(message) }

    func received(_ message: FrontendMessage) {
        guard !isOver else { return }
        switch message {
        case .query(let text) where !isStreaming: run(text)
        case .copyData(let payload) where isStreaming: received(payload)
        case .copyDone, .copyFail, .terminate: end(reason: "the other node ended the connection")
        default:
            fail(PostgresError(code: .protocolViolation, message: "unexpected message \(message.type) for replication"))
        }
    }

    private func run(_ text: String) {
        do throws(MalformedMessage) {
            switch try ReplicationCommand(text) {
            case .identifySystem: identify()
            case .startReplication(let connect):
                startStreaming()
                isOfCascade = connect.cascades
                owner.gateway.runHere { $0.connectReceived(connect, on: id) }
            case .snapshot:
                throw MalformedMessage(description: "a snapshot takes a connection of its own")
            case .promise(let request):
                startStreaming()
                owner.gateway.runHere { $0.promiseRequested(request, on: id) }
            }
        } catch {
            fail(PostgresError(code: .protocolViolation, message: error.description))
        }
    }

    private func startStreaming() {
        isStreaming = true
        var messages = BackendMessages()
        messages.copyBothResponse()
        channel.send(messages.take())
    }

    private func identify() {
        var messages = BackendMessages()
        owner.gateway.runHere { driver in
            let status = driver.machine.status(now: ReplicationDriver.now)
            let values = [
                status.group?.description, status.node.description, status.epoch?.description,
                status.commit.description,
            ]
            messages.rowDescription(
                ["group", "node", "epoch", "commit_index"].map { ColumnDescription(name: $0, type: .text) })
            messages.beginDataRow(columns: values.count)
            for value in values { if let value { messages.write(string: value) } else { messages.writeNull() } }
            try? messages.endDataRow()  // Four short values always fit.
        }
        messages.commandComplete("IDENTIFY_SYSTEM")
        messages.readyForQuery(.idle)
        channel.send(messages.take())
    }

    private func received(_ payload: ByteBuffer) {
        do throws(MalformedMessage) {
            let decoded: Result<ReplicationMessage, MalformedMessage> = payload.withUnsafeReadableBytes { bytes in
                do throws(MalformedMessage) {
                    return .success(try ReplicationMessage(decoding: bytes))
                } catch {
                    return .failure(error)
                }
            }
            switch try decoded.get() {
            case .acknowledgement(let acknowledgement):
                owner.gateway.runHere { $0.acknowledgementReceived(acknowledgement, on: id) }
                if endsWhenQuiet { endIfQuiet() }
            case .refused(let refused): owner.gateway.runHere { $0.refusalReceived(refused, on: id) }
            case .accept, .keepalive, .promiseAnswer, .takeOver:
                throw MalformedMessage(description: "a message that only a primary sends")
            }
        } catch {
            fail(PostgresError(code: .protocolViolation, message: error.description))
        }
    }

    func writabilityChanged(_ isWritable: Bool) {
        guard isWritable, isStreaming else { return }
        // Sending may have set this off: the driver is told when it is done with that.
        let (gateway, id) = (owner.gateway, id)
        owner.loop.execute { gateway.runHere { $0.connectionWritable(id) } }
    }

    /// Commits that are under way want this replica's acknowledgement.
    func shutdownRequested() {
        endsWhenQuiet = true
        endIfQuiet()
    }

    private func endIfQuiet() {
        guard !isOver else { return }
        var isWaiting = false
        owner.gateway.runHere { isWaiting = $0.machine.commit < $0.machine.log.last }
        guard !isWaiting || isOfCascade else { return }
        end(reason: "the node is shutting down")
    }

    /// Ends it whatever is under way.
    func endNow() {
        guard !isOver else { return }
        isOver = true
        channel.close(.adminShutdown)
    }

    func closed() {
        guard !isOver else { return }
        isOver = true
        owner.ended(id)
        owner.gateway.runHere { $0.connectionClosed(id, reason: "the connection was closed") }
    }

    // MARK: What is sent

    var isWritable: Bool { !isOver && channel.isWritable }

    func send(_ message: ReplicationMessage) { channel.send(.copyData(message.encode())) }

    func send(_ header: RecordsHeader, _ records: UnsafeRawBufferPointer) {
        var messages = BackendMessages(capacity: records.count + RecordsHeader.encodedSize + 8)
        messages.copyData { buffer in
            buffer.writeBytes(header.encode())
            buffer.writeBytes(records)
        }
        channel.send(messages.take())
    }

    /// Closes what this node does not want to go on with.
    func close(reason: String) {
        isOver = true
        channel.close()
    }

    private func end(reason: String) {
        isOver = true
        owner.ended(id)
        channel.close()
        owner.gateway.runHere { $0.connectionClosed(id, reason: reason) }
    }

    private func fail(_ error: PostgresError) {
        isOver = true
        owner.ended(id)
        channel.close(error)
        owner.gateway.runHere { $0.connectionClosed(id, reason: error.message) }
    }
}
