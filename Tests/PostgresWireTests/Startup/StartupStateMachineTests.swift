import Testing

@testable import PostgresWire

@Suite struct StartupStateMachineTests {
    typealias Machine = StartupStateMachine

    static let message = StartupMessage(parameters: ["user": "u"])
    static let key = BackendKey(processID: 1, secret: 2)

    /// The states, and machines brought into them.
    enum Reached: CaseIterable {
        case fresh, sslRefused, bothRefused, admitting, started, finished

        var machine: Machine {
            var machine = Machine()
            switch self {
            case .fresh: break
            case .sslRefused: _ = machine.packetReceived(.sslRequest)
            case .bothRefused:
                _ = machine.packetReceived(.sslRequest)
                _ = machine.packetReceived(.gssEncryptionRequest)
            case .admitting: _ = machine.packetReceived(.startup(message))
            case .started:
                _ = machine.packetReceived(.startup(message))
                _ = machine.admitted()
            case .finished: machine.closed()
            }
            return machine
        }
    }

    private func isFailure(_ action: Machine.Action, _ code: SQLState) -> Bool {
        guard case .fail(let error) = action else { return false }
        return error.code == code && error.severity == .fatal
    }

    @Test func theUsualWay() {
        var machine = Machine()
        #expect(machine.packetReceived(.sslRequest) == .refuseEncryption)
        #expect(machine.packetReceived(.gssEncryptionRequest) == .refuseEncryption)
        #expect(machine.packetReceived(.startup(Self.message)) == .admit(Self.message, negotiation: nil))
        #expect(machine.admitted() == .start)
        #expect(machine.state == .started)
    }

    @Test(arguments: Reached.allCases) func sslRequest(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.packetReceived(.sslRequest)
        switch reached {
        case .fresh: #expect(action == .refuseEncryption)
        case .sslRefused, .bothRefused, .admitting, .started: #expect(isFailure(action, .protocolViolation))
        case .finished: #expect(action == .wait)
        }
    }

    @Test(arguments: Reached.allCases) func gssEncryptionRequest(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.packetReceived(.gssEncryptionRequest)
        switch reached {
        case .fresh, .sslRefused: #expect(action == .refuseEncryption)
        case .bothRefused, .admitting, .started: #expect(isFailure(action, .protocolViolation))
        case .finished: #expect(action == .wait)
        }
    }

    @Test(arguments: Reached.allCases) func cancelRequest(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.packetReceived(.cancelRequest(Self.key))
        switch reached {
        case .fresh, .sslRefused, .bothRefused:
            #expect(action == .cancel(Self.key))
            #expect(machine.state == .finished)
        case .admitting, .started: #expect(isFailure(action, .protocolViolation))
        case .finished: #expect(action == .wait)
        }
    }

    @Test(arguments: Reached.allCases) func startup(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.packetReceived(.startup(Self.message))
        switch reached {
        case .fresh, .sslRefused, .bothRefused:
            #expect(action == .admit(Self.message, negotiation: nil))
            #expect(machine.state == .admitting(Self.message))
        case .admitting, .started: #expect(isFailure(action, .protocolViolation))
        case .finished: #expect(action == .wait)
        }
    }

    @Test(arguments: Reached.allCases) func aMessage(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.messageReceived(.sync)
        switch reached {
        case .fresh, .sslRefused, .bothRefused, .admitting, .started:
            #expect(isFailure(action, .protocolViolation))
            #expect(machine.state == .finished)
        case .finished: #expect(action == .wait)
        }
    }

    @Test(arguments: [Reached.admitting, .finished]) func admission(_ reached: Reached) {
        var machine = reached.machine
        #expect(machine.admitted() == (reached == .admitting ? .start : .wait))
        var refused = reached.machine
        let action = refused.refused(PostgresError(code: .tooManyConnections, message: "full"))
        if reached == .admitting {
            #expect(isFailure(action, .tooManyConnections))
        } else {
            #expect(action == .wait)
        }
        #expect(refused.state == .finished)
    }

    @Test(arguments: Reached.allCases) func anError(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.errorReceived(PostgresError(code: .protocolViolation, message: "x"))
        #expect(reached == .finished ? action == .wait : isFailure(action, .protocolViolation))
        #expect(machine.state == .finished)
    }

    @Test(arguments: Reached.allCases) func timeIsUp(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.timedOut()
        switch reached {
        case .fresh, .sslRefused, .bothRefused: #expect(action == .close)
        case .admitting: #expect(isFailure(action, .invalidAuthorizationSpecification))
        case .started, .finished: #expect(action == .wait)
        }
    }

    @Test(arguments: Reached.allCases) func closing(_ reached: Reached) {
        var machine = reached.machine
        machine.closed()
        #expect(machine.state == .finished)
    }

    @Test func aNewerMinorVersionOrAnUnknownOptionIsNegotiated() {
        var machine = Machine()
        let newer = StartupMessage(version: ProtocolVersion(major: 3, minor: 2), parameters: ["user": "u"])
        #expect(
            machine.packetReceived(.startup(newer))
                == .admit(newer, negotiation: .init(newest: .supported, unknownOptions: [])))
        var other = Machine()
        let optional = StartupMessage(parameters: ["user": "u", "_pq_.x": "1"])
        #expect(
            other.packetReceived(.startup(optional))
                == .admit(optional, negotiation: .init(newest: .supported, unknownOptions: ["_pq_.x"])))
    }

    @Test func anotherMajorVersionIsRefused() {
        for major: UInt16 in [0, 2, 4] {
            var machine = Machine()
            let other = StartupMessage(version: ProtocolVersion(major: major, minor: 0), parameters: [:])
            #expect(isFailure(machine.packetReceived(.startup(other)), .featureNotSupported))
        }
    }

    @Test func aUserMustBeNamed() {
        var machine = Machine()
        let nobody = StartupMessage(parameters: ["database": "d"])
        #expect(isFailure(machine.packetReceived(.startup(nobody)), .invalidAuthorizationSpecification))
    }
}
