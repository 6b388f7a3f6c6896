import NIOCore
import Testing

@testable import PostgresWire

@Suite struct StartupStateMachineTests {
    typealias Machine = StartupStateMachine

    static let message = StartupMessage(parameters: ["user": "u"])
    static let verifier = ScramVerifier(password: "pencil", iterations: 1)
    static let key = BackendKey(processID: 1, secret: 2)

    /// The states, and machines brought into them.
    enum Reached: CaseIterable {
        case fresh, sslRefused, bothRefused, handshaking, identifying, authenticating, rejecting, admitting, started,
            finished

        var machine: Machine {
            var machine = Machine()
            switch self {
            case .fresh: break
            case .sslRefused: _ = machine.packetReceived(.sslRequest)
            case .bothRefused:
                _ = machine.packetReceived(.sslRequest)
                _ = machine.packetReceived(.gssEncryptionRequest)
            case .handshaking:
                machine = Machine(encryption: .offered)
                _ = machine.packetReceived(.sslRequest)
            case .identifying: _ = machine.packetReceived(.startup(message))
            case .authenticating, .rejecting:
                _ = machine.packetReceived(.startup(message))
                _ = machine.identified(.password(verifier), channelBinding: nil)
                if self == .rejecting { _ = machine.messageReceived(.password(ByteBuffer(string: "x"))) }
            case .admitting, .started:
                _ = machine.packetReceived(.startup(message))
                _ = machine.identified(.trust, channelBinding: nil)
                if self == .started { _ = machine.admitted() }
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
        #expect(machine.packetReceived(.startup(Self.message)) == .identify(Self.message))
        #expect(
            machine.identified(.trust, channelBinding: nil) == .admit(Self.message, negotiation: nil, proof: nil))
        #expect(machine.admitted() == .start)
        #expect(machine.state == .started)
    }

    @Test(arguments: Reached.allCases) func sslRequest(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.packetReceived(.sslRequest)
        switch reached {
        case .fresh: #expect(action == .refuseEncryption)
        case .sslRefused, .bothRefused, .handshaking, .identifying, .authenticating, .rejecting, .admitting, .started:
            #expect(isFailure(action, .protocolViolation))
        case .finished: #expect(action == .wait)
        }
    }

    @Test(arguments: Reached.allCases) func gssEncryptionRequest(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.packetReceived(.gssEncryptionRequest)
        switch reached {
        case .fresh, .sslRefused: #expect(action == .refuseEncryption)
        case .bothRefused, .handshaking, .identifying, .authenticating, .rejecting, .admitting, .started:
            #expect(isFailure(action, .protocolViolation))
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
        case .handshaking, .identifying, .authenticating, .rejecting, .admitting, .started:
            #expect(isFailure(action, .protocolViolation))
        case .finished: #expect(action == .wait)
        }
    }

    @Test(arguments: Reached.allCases) func startup(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.packetReceived(.startup(Self.message))
        switch reached {
        case .fresh, .sslRefused, .bothRefused:
            #expect(action == .identify(Self.message))
            #expect(machine.state == .identifying(Self.message, nil))
        case .handshaking, .identifying, .authenticating, .rejecting, .admitting, .started:
            #expect(isFailure(action, .protocolViolation))
        case .finished: #expect(action == .wait)
        }
    }

    @Test(arguments: Reached.allCases) func aMessage(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.messageReceived(.sync)
        switch reached {
        case .fresh, .sslRefused, .bothRefused, .handshaking, .identifying, .authenticating, .admitting, .started:
            #expect(isFailure(action, .protocolViolation))
            #expect(machine.state == .finished)
        case .rejecting, .finished: #expect(action == .wait)
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
        switch reached {
        case .finished: #expect(action == .wait)
        case .handshaking: #expect(action == .close)
        default: #expect(isFailure(action, .protocolViolation))
        }
        #expect(machine.state == .finished)
    }

    @Test(arguments: Reached.allCases) func timeIsUp(_ reached: Reached) {
        var machine = reached.machine
        let action = machine.timedOut()
        switch reached {
        case .fresh, .sslRefused, .bothRefused, .handshaking: #expect(action == .close)
        case .identifying, .authenticating, .admitting:
            #expect(isFailure(action, .invalidAuthorizationSpecification))
        case .rejecting: #expect(isFailure(action, .protocolViolation))
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
        #expect(machine.packetReceived(.startup(newer)) == .identify(newer))
        #expect(
            machine.identified(.trust, channelBinding: nil)
                == .admit(newer, negotiation: .init(newest: .supported, unknownOptions: []), proof: nil))
        var other = Machine()
        let optional = StartupMessage(parameters: ["user": "u", "_pq_.x": "1"])
        #expect(other.packetReceived(.startup(optional)) == .identify(optional))
        #expect(
            other.identified(.password(Self.verifier), channelBinding: nil)
                == .offer(
                    mechanisms: ["SCRAM-SHA-256"],
                    negotiation: .init(newest: .supported, unknownOptions: ["_pq_.x"])))
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
