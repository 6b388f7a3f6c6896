import TandemLog
import Testing

@testable import TandemReplication

/// A member lost its disk, and another node is at its address: docs/REPLICATION.md, rules 4 and 28.
@Suite struct MachineReplacedTests {
    private static let group = GroupID(UniqueID(high: 1, low: 1))
    private static let nodes = (1...4).map { NodeID(UniqueID(high: 0, low: $0)) }

    /// The first node, which reigns, and who is connected to it.
    private struct Group {
        var machine: ReplicationMachine
        var connected: [NodeID: UInt64] = [:]
        var reports: [ReplicationReport] = []

        init(_ acknowledgements: AcknowledgementRule = .count(1)) {
            machine = ReplicationMachine(
                configuration: .init(
                    role: .primary(acknowledgements: acknowledgements, degradeAfter: nil), address: "one:1"),
                durable: DurableState(node: MachineReplacedTests.nodes[0], group: MachineReplacedTests.group),
                log: LogSummary(), applied: nil)
            note(machine.started(now: .zero))
            settle()
        }

        mutating func note(_ actions: [ReplicationMachine.Action]) {
            for case .report(let report) in actions { reports.append(report) }
        }

        /// A node connects, and is level.
        mutating func join(_ number: Int, at address: String) {
            let connection = UInt64(connected.count + 1) + UInt64(number) * 10
            connected[MachineReplacedTests.nodes[number]] = connection
            let connect = Connect(
                group: nil, node: MachineReplacedTests.nodes[number], address: address,
                number: ConnectionNumber(rawValue: connection),
                promised: nil, whole: true, history: EpochHistory(), last: .zero, commit: .zero)
            note(machine.connectReceived(connect, from: ConnectionID(connection), now: .zero))
            settle()
        }

        mutating func leave(_ number: Int) {
            guard let connection = connected.removeValue(forKey: MachineReplacedTests.nodes[number]) else { return }
            note(machine.connectionClosed(ConnectionID(connection), reason: "its disk is gone", now: .zero))
        }

        /// Everybody who is connected has everything; a moment passes.
        mutating func settle() {
            for _ in 0..<4 {
                note(machine.flushed(through: machine.log.last, now: .zero))
                for connection in connected.values.sorted() {
                    let last = machine.log.last
                    let acknowledgement = Acknowledgement(
                        epoch: machine.durable.reign!, number: ConnectionNumber(rawValue: connection), written: last,
                        flushed: last, applied: last, whole: true)
                    note(machine.acknowledgementReceived(acknowledgement, from: ConnectionID(connection), now: .zero))
                }
            }
            note(machine.ticked(now: .zero))
        }

        func peer(_ number: Int) -> ReplicationStatus.Peer? {
            machine.status(now: .zero).peers.first { $0.node == MachineReplacedTests.nodes[number] }
        }

        /// Whether its members are these.
        func hasMembers(_ numbers: [Int]) -> Bool {
            machine.log.memberRecords.last.map { Set($0.record.members.map(\.node)) }
                == Set(numbers.map { MachineReplacedTests.nodes[$0] })
        }
    }

    @Test func aMemberAtWhoseAddressAnotherNodeHasJoinedIsToldOfOnceAndCanBeRemoved() throws {
        var group = Group()
        group.join(1, at: "two:2")
        group.join(2, at: "three:3")
        group.leave(1)
        group.settle()
        #expect(group.peer(1)?.replacement == nil, "it may come back")
        group.join(3, at: "two:2")
        group.settle()
        #expect(group.hasMembers([0, 1, 2, 3]))
        let replacement = ReplicationStatus.Replacement(node: Self.nodes[3], removalNeedsForce: false)
        #expect(group.peer(1)?.replacement == replacement)
        #expect(group.peer(2)?.replacement == nil && group.peer(3)?.replacement == nil)
        let told = ReplicationReport.memberReplaced(Member(node: Self.nodes[1], address: "two:2"), by: replacement)
        #expect(group.reports.count { $0 == told } == 1)

        group.note(group.machine.removalRequested(of: Self.nodes[1], acceptsDataLoss: false, now: .zero))
        group.settle()
        #expect(group.hasMembers([0, 2, 3]) && group.machine.commit == group.machine.log.last)
    }

    /// Its agreement would be needed: in a pair, and where all have to acknowledge.
    @Test(arguments: [.count(1), .all] as [AcknowledgementRule])
    func whereItIsMissedForAgreeingItCanBeRemovedByForceAlone(_ rule: AcknowledgementRule) throws {
        var group = Group(rule)
        group.join(1, at: "two:2")
        if rule == .all { group.join(2, at: "three:3") }
        group.leave(1)
        group.join(3, at: "two:2")
        #expect(group.machine.commit < group.machine.log.last, "the new node joins with its agreement alone")
        #expect(group.peer(1)?.replacement?.removalNeedsForce == true)
        group.note(group.machine.removalRequested(of: Self.nodes[1], acceptsDataLoss: false, now: .zero))
        #expect(!group.hasMembers(rule == .all ? [0, 2, 3] : [0, 3]))
        group.note(group.machine.removalRequested(of: Self.nodes[1], acceptsDataLoss: true, now: .zero))
        group.settle()
        #expect(group.hasMembers(rule == .all ? [0, 2, 3] : [0, 3]))
        #expect(group.machine.commit == group.machine.log.last && group.machine.servesWrites)
    }

    /// The second of three nodes that came back to its address as the fourth; nobody reigns.
    private func heir() -> ReplicationMachine {
        let epoch = Epoch(counter: 1, node: Self.nodes[0])
        var history = EpochHistory()
        history.begin(epoch, at: 1)
        let members = zip(Self.nodes, ["one:1", "two:2", "three:3", "two:2"]).map { Member(node: $0, address: $1) }
        let record = MemberRecord(members: members, acknowledgements: .count(1), mayDegrade: false)
        return ReplicationMachine(
            configuration: .init(role: .replica(primary: "one:1"), address: "two:2"),
            durable: DurableState(node: Self.nodes[3], group: Self.group, promised: epoch),
            log: LogSummary(
                last: 1, flushed: 1, history: history,
                memberRecords: [PlacedMemberRecord(index: 1, record: record)], knownCommit: 1), applied: nil)
    }

    /// It said that another node has its identity: it had dialled itself.
    @Test func aNodeNeitherDialsNorAsksItsOwnAddress() throws {
        var machine = heir()
        var (dialled, asked): (Set<String>, Set<String>) = ([], [])
        var now = Moment.zero
        func take(_ actions: [ReplicationMachine.Action]) {
            for case .dial(let address, _) in actions { dialled.insert(address) }
            for case .ask(let member, _) in actions { asked.insert(member.address) }
        }
        take(machine.started(now: now))
        for _ in 0..<10 {
            guard case .dialling(let number, _, _) = machine.upstream else {
                Issue.record("it dials nobody")
                return
            }
            take(machine.upstreamClosed(number, reason: "nobody is there", now: now))
            now = now + .seconds(1)
            take(machine.ticked(now: now))
        }
        take(machine.promoteRequested(surveyFirst: false, now: now))
        #expect(dialled == ["one:1", "three:3"] && asked == ["one:1", "three:3"])
    }

    @Test func aPromotionThatLacksWhoWasReplacedNamesIt() throws {
        var machine = heir()
        _ = machine.started(now: .zero)
        var reports: [ReplicationReport] = []
        func note(_ actions: [ReplicationMachine.Action]) {
            for case .report(let report) in actions { reports.append(report) }
        }
        note(machine.promoteRequested(surveyFirst: false, now: .zero))
        let epoch = try #require(machine.election?.epoch)
        let promised = PromiseAnswer.Promised(position: machine.log.position(at: 1), committed: nil, memberRecords: [])
        note(
            machine.promiseAnswered(
                PromiseAnswer(node: Self.nodes[2], epoch: epoch, survey: false, outcome: .promised(promised)),
                now: .zero))
        note(machine.ticked(now: .zero + .seconds(10)))
        let replaced = Member(node: Self.nodes[1], address: "two:2")
        let missing = [Member(node: Self.nodes[0], address: "one:1"), replaced]
        #expect(
            reports.contains(.promotionGivenUp(.tooFewPromises(present: 2, missing: missing, replaced: [replaced]))))
    }
}
