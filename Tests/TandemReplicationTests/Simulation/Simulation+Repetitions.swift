import TandemLog

@testable import TandemReplication

/// What comes twice. TCP delivers each byte of a connection once; but what has gone over a connection that was lost may be
/// sent again on the next one, who has lost an answer asks again, and what was read from a connection may be handed over
/// after its end. Beyond that each message may come twice on its own connection, which no TCP does: the machine's checks
/// must not depend on it.
extension Simulation {
    private static let remembered = 24

    /// Remembers some of what was delivered.
    func remember(_ packet: Packet, on connection: SimulatedConnection, isUpwards: Bool) {
        guard remembersAll || options.repeats && isHostile && random.once(in: 4) else { return }
        if case .closed = packet { return }
        let (dialler, acceptor) = (nodes[connection.dialler].identity, nodes[connection.acceptor].identity)
        let entry = DeliveredPacket(
            packet: packet, connection: connection, isUpwards: isUpwards, sender: isUpwards ? dialler : acceptor,
            receiver: isUpwards ? acceptor : dialler)
        if remembersAll || delivered.count < Self.remembered {
            delivered.append(entry)
        } else {
            delivered[random.below(Self.remembered)] = entry
        }
    }

    func repeatSomething() throws {
        guard !delivered.isEmpty else { return }
        try repeatDelivery(delivered[random.below(delivered.count)])
    }

    func repeatDelivery(_ entry: DeliveredPacket) throws {
        let connection = entry.connection
        let sender = nodes[entry.isUpwards ? connection.dialler : connection.acceptor]
        let receiver = nodes[entry.isUpwards ? connection.acceptor : connection.dialler]
        guard !isCut(connection.dialler, connection.acceptor), sender.identity == entry.sender, !sender.lost,
            receiver.identity == entry.receiver
        else { return }
        switch entry.packet {
        // Its sender has gone away again; it is late, or somebody between the two has dialled twice.
        case .connect: dialAgain(entry.packet, like: connection, awaitsAnswer: false)
        // The answer was lost.
        case .question: dialAgain(entry.packet, like: connection, awaitsAnswer: true)
        case .message(.acknowledgement):
            let newest = random.once(in: 2) ? newestConnection(like: connection) : nil
            try receive(entry.packet, on: newest ?? connection, isUpwards: true)
        case .message, .records: try receive(entry.packet, on: connection, isUpwards: entry.isUpwards)
        case .closed: break
        }
    }

    private func dialAgain(_ packet: Packet, like connection: SimulatedConnection, awaitsAnswer: Bool) {
        counts.repetitions += 1
        say("node \(connection.dialler) sends node \(connection.acceptor) again what it has asked: \(packet)")
        let again = SimulatedConnection(
            id: ConnectionID(nextConnection), dialler: connection.dialler, acceptor: connection.acceptor,
            diallerRun: connection.diallerRun, acceptorRun: nodes[connection.acceptor].run, number: connection.number)
        nextConnection += 1
        again.diallerOpen = awaitsAnswer
        again.isRepeated = true
        again.toAcceptor = [packet]
        connections.append(again)
    }

    /// The connection on which the two speak now: what an older one has carried does not count there.
    func newestConnection(like connection: SimulatedConnection) -> SimulatedConnection? {
        connections.last {
            $0.dialler == connection.dialler && $0.acceptor == connection.acceptor && $0.number != nil
                && $0.acceptorOpen && !$0.isRepeated
        }
    }

    /// Hands a packet in once more.
    func receive(_ packet: Packet, on connection: SimulatedConnection, isUpwards: Bool) throws {
        let node = nodes[isUpwards ? connection.acceptor : connection.dialler]
        guard node.canTakeEvents else { return }
        counts.repetitions += 1
        say("node \(node.number) gets once more: \(packet)")
        if isUpwards {
            try takeUp(packet, on: connection, at: node)
        } else {
            try takeDown(packet, on: connection, at: node)
        }
    }
}
