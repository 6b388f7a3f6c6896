import TandemLog
import TandemReplication

/// Connections that are slow, break, or go silent.
extension Simulation {
    func network(_ action: ReplicationMachine.Action, of node: SimulatedNode) throws {
        switch action {
        case .dial(let address, let connect):
            say(
                "node \(node.number) dials \(address), promised \(connect.promised.map { $0.description } ?? "nothing")"
            )
            let connection = open(from: node, to: address, number: connect.number)
            connection?.toAcceptor.append(.connect(connect))
        case .ask(let member, let request):
            open(from: node, to: member.address, number: nil)?.toAcceptor.append(.question(request))
        case .stream(let id, let after):
            guard let connection = connection(id) else { return }
            connection.streamed = Int(after.rawValue)
            try pump(connection, of: node)
        case .streamAppended:
            for connection in connections
            where connection.acceptor == node.number && connection.acceptorOpen && connection.streamed != nil {
                if connection.relayed == nil { try pump(connection, of: node) }
            }
        case .relay(let id, let after, let through):
            guard let connection = connection(id) else { return }
            connection.streamed = Int(after.rawValue)
            try relay(through: Int(through.rawValue), on: connection, of: node)
        case .relayFurther(let through): try relayFurther(through: Int(through.rawValue), of: node)
        case .send(.keepalive(var keepalive), let id):
            if keepalive.clock == 0 { keepalive.clock = nextClock() }
            connection(id)?.toDialler.append(.message(.keepalive(keepalive)))
        case .send(let message, let id):
            connection(id)?.toDialler.append(.message(message))
        case .close(let id, _):
            guard let connection = connection(id) else { return }
            connection.acceptorOpen = false
            connection.streamed = nil
            connection.toDialler.append(.closed)
        case .sendUpstream(let message, let number):
            upstream(of: node, number)?.toAcceptor.append(.message(message))
        case .closeUpstream(let number, _):
            guard let connection = upstream(of: node, number) else { return }
            connection.diallerOpen = false
            connection.toAcceptor.append(.closed)
        default: break
        }
    }

    private func connection(_ id: ConnectionID) -> SimulatedConnection? {
        connections.first { $0.id == id && $0.acceptorOpen }
    }

    private func upstream(of node: SimulatedNode, _ number: ConnectionNumber) -> SimulatedConnection? {
        connections.first {
            $0.dialler == node.number && $0.diallerRun == node.run && $0.number == number && $0.diallerOpen
        }
    }

    private func open(from node: SimulatedNode, to address: String, number: ConnectionNumber?) -> SimulatedConnection? {
        guard let acceptor = nodes.first(where: { $0.address == address }) else { return nil }
        let connection = SimulatedConnection(
            id: ConnectionID(nextConnection), dialler: node.number, acceptor: acceptor.number, diallerRun: node.run,
            acceptorRun: acceptor.run, number: number)
        nextConnection += 1
        connections.append(connection)
        return connection
    }

    /// Hands a stream what it lacks, in one batch or two.
    func pump(_ connection: SimulatedConnection, of node: SimulatedNode) throws {
        if let streamed = connection.streamed, streamed + 1 < node.disk.first {
            connection.streamed = nil
            return try handle(node) {
                $0.streamFailed(connection.id, reason: "pruned", isDamage: false, now: self.clock(of: node))
            }
        }
        while let streamed = connection.streamed, streamed < min(node.disk.last, connection.relayed ?? .max) {
            var end = min(node.disk.last, connection.relayed ?? .max)
            if end - streamed > 1, random.once(in: 3) { end = streamed + 1 + random.below(end - streamed) }
            if splitsBatches { end = streamed + 1 }
            let header = node.machine?.recordsHeader(
                to: connection.id, first: LogIndex(UInt64(streamed + 1)), last: LogIndex(UInt64(end)),
                clock: nextClock(),
                now: clock(of: node))
            guard let header else { return }
            connection.toDialler.append(.records(header, Array(node.disk.records[streamed..<end])))
            connection.streamed = end
        }
    }

    /// Delivers the next packet of some connection that has one.
    func deliverSomething() throws {
        if connections.isEmpty { return }
        let start = random.below(connections.count)
        for offset in connections.indices {
            let connection = connections[(start + offset) % connections.count]
            if try deliver(on: connection, upwards: random.once(in: 2)) { return }
        }
        connections.removeAll { $0.isDead }
    }

    /// - Returns: whether there was something to deliver, to somebody who could take it.
    func deliver(on connection: SimulatedConnection, upwards: Bool) throws -> Bool {
        guard !isCut(connection.dialler, connection.acceptor) else { return false }
        if upwards { if try deliverUp(connection) { return true } } else if try deliverDown(connection) { return true }
        return try upwards ? deliverDown(connection) : deliverUp(connection)
    }

    func deliverUp(_ connection: SimulatedConnection) throws -> Bool {
        guard !connection.toAcceptor.isEmpty, connection.acceptorOpen else { return false }
        let node = nodes[connection.acceptor]
        guard node.isUp else {
            connection.toAcceptor = []
            connection.acceptorOpen = false
            connection.toDialler.append(.closed)
            return true
        }
        guard node.canTakeEvents else { return false }
        if connection.acceptorRun != node.run {
            // A connection to an earlier run; only a first packet can still open one.
            switch connection.toAcceptor[0] {
            case .connect, .question: connection.acceptorRun = node.run
            case .message, .records, .closed:
                connection.toAcceptor = []
                connection.acceptorOpen = false
                return true
            }
        }
        let packet = connection.toAcceptor.removeFirst()
        // What a node had sent before it lost its log tells nobody of that.
        let known = nodes[connection.dialler].amnesiaKnownTo
        try takeUp(packet, on: connection, at: node)
        if connection.isRepeated { nodes[connection.dialler].amnesiaKnownTo = known }
        if case .closed = packet { connection.acceptorOpen = false }
        remember(packet, on: connection, isUpwards: true)
        return true
    }

    /// Hands a packet to the node that has accepted the connection.
    func takeUp(_ packet: Packet, on connection: SimulatedConnection, at node: SimulatedNode) throws {
        let now = clock(of: node)
        try handle(node) { machine in
            switch packet {
            case .connect(let connect): machine.connectReceived(connect, from: connection.id, now: now)
            case .question(let request): machine.promiseRequested(request, from: connection.id, now: now)
            case .message(.acknowledgement(let acknowledgement)):
                machine.acknowledgementReceived(acknowledgement, from: connection.id, now: now)
            case .message(.refused(let refused)):
                machine.refusalReceived(refused, from: connection.id, now: now)
            case .closed: machine.connectionClosed(connection.id, reason: "closed", now: now)
            case .message, .records: []
            }
        }
        if random.once(in: 2) { try drain(node) }
    }

    func deliverDown(_ connection: SimulatedConnection) throws -> Bool {
        guard !connection.toDialler.isEmpty, connection.diallerOpen else { return false }
        let node = nodes[connection.dialler]
        guard node.isUp, node.run == connection.diallerRun else {
            connection.toDialler = []
            connection.diallerOpen = false
            connection.toAcceptor.append(.closed)
            return true
        }
        guard node.canTakeEvents else { return false }
        let packet = connection.toDialler.removeFirst()
        if case .closed = packet { connection.diallerOpen = false }
        try takeDown(packet, on: connection, at: node)
        remember(packet, on: connection, isUpwards: false)
        return true
    }

    /// Hands a packet to the node that has dialled.
    func takeDown(_ packet: Packet, on connection: SimulatedConnection, at node: SimulatedNode) throws {
        if case .records(_, let records) = packet { node.received = records }
        let now = clock(of: node)
        try handle(node) { machine in self.hand(packet, of: connection, to: &machine, now: now) }
        if random.once(in: 2) { try drain(node) }
    }

    private func hand(
        _ packet: Packet, of connection: SimulatedConnection, to machine: inout ReplicationMachine, now: Moment
    ) -> [ReplicationMachine.Action] {
        switch packet {
        case .message(.promiseAnswer(let answer)): return machine.promiseAnswered(answer, now: now)
        case .message(.accept(let accept)): return machine.accepted(accept, now: now)
        case .message(.keepalive(let keepalive)): return machine.keepaliveReceived(keepalive, now: now)
        case .message(.takeOver(let takeOver)):
            counts.takeOvers += 1
            return machine.takeOverReceived(takeOver, now: now)
        case .message(.refused(let refused)):
            return connection.number.map { machine.refused(refused, on: $0, now: now) } ?? []
        case .records(let header, let records):
            return machine.recordsReceived(header, contents(of: records, first: header.first, in: machine), now: now)
        case .closed:
            return connection.number.map { machine.upstreamClosed($0, reason: "closed", now: now) } ?? []
        case .message(.acknowledgement), .connect, .question: return []
        }
    }

    private func contents(of records: [SimulatedRecord], first: LogIndex, in machine: ReplicationMachine)
        -> ReceivedRecords
    {
        var result = ReceivedRecords(first: first, last: first.advanced(by: records.count - 1))
        var epoch = machine.log.history.epoch(at: first.previous)
        for (offset, record) in records.enumerated() {
            let index = first.advanced(by: offset)
            if record.epoch != epoch {
                result.epochs.append(.init(epoch: record.epoch, firstIndex: index))
                epoch = record.epoch
            }
            if let members = record.members {
                result.memberRecords.append(PlacedMemberRecord(index: index, record: members))
            }
        }
        return result
    }

    /// A connection breaks: what was under way is lost, and either end may hear of it, or not.
    func breakSomeConnection() throws {
        guard !connections.isEmpty else { return }
        let connection = connections[random.below(connections.count)]
        say("the connection of node \(connection.dialler) to node \(connection.acceptor) breaks")
        connection.toAcceptor = random.once(in: 2) ? [.closed] : []
        connection.toDialler = random.once(in: 2) ? [.closed] : []
        connection.streamed = nil
        if connection.toAcceptor.isEmpty { connection.acceptorOpen = false }
        if connection.toDialler.isEmpty { connection.diallerOpen = false }
    }

    func toggleLink() {
        guard nodes.count > 1 else { return }
        if !cutLinks.isEmpty, random.below(3) > 0 { return cutLinks.removeAll() }
        let first = random.below(nodes.count)
        let second = random.below(nodes.count)
        guard first != second else { return }
        let key = min(first, second) * 8 + max(first, second)
        if cutLinks.remove(key) == nil { cutLinks.insert(key) }
        say("the link between node \(first) and node \(second) is \(cutLinks.contains(key) ? "cut" : "mended")")
    }
}
