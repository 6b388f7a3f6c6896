import NIOCore
import Testing

@testable import PostgresWire

@Suite struct ClientStateMachineTests {
    /// The states, and machines brought into them.
    enum Reached: CaseIterable {
        case authenticating, greeting, idle, query, startingCopy, copyBoth, ownDone, theirDone, endingCopy, closed

        var machine: ClientStateMachine {
            var machine = ClientStateMachine(maximumResultBytes: 1000)
            if self == .authenticating { return machine }
            _ = machine.messageReceived(.authentication(.ok))
            if self == .greeting { return machine }
            _ = machine.messageReceived(.readyForQuery(.idle))
            switch self {
            case .query: machine.querySent()
            case .startingCopy, .copyBoth, .ownDone, .theirDone, .endingCopy:
                machine.copyCommandSent()
                if self != .startingCopy { _ = machine.messageReceived(.copyBothResponse) }
            case .closed: machine.closed()
            case .authenticating, .greeting, .idle: break
            }
            if self == .ownDone || self == .endingCopy { _ = machine.copyDoneSent() }
            if self == .theirDone || self == .endingCopy { _ = machine.messageReceived(.copyDone) }
            return machine
        }
    }

    static let error = PostgresError(code: .syntaxError, message: "x")

    static let messages: [BackendMessage] = [
        .authentication(.ok), .backendKeyData(BackendKey(processID: 1, secret: 2)), .readyForQuery(.idle),
        .rowDescription([]), .dataRow([]), .commandComplete("x"), .emptyQueryResponse, .copyBothResponse,
        .copyData(ByteBuffer()), .copyDone, .errorResponse(error), .errorResponse(.adminShutdown),
        .noticeResponse(error), .parameterStatus(name: "a", value: "b"), .parseComplete,
    ]

    /// Every message in every state, as one word each.
    @Test(arguments: [
        (Reached.authenticating, "wait fail fail fail fail fail fail fail fail fail fail fail notice status fail"),
        (.greeting, "fail wait started fail fail fail fail fail fail fail fail fail notice status fail"),
        (.idle, "fail fail fail fail fail fail fail fail fail fail fail fail notice status fail"),
        (.query, "fail fail finish wait fail wait wait fail fail fail wait fail notice status fail"),
        (.startingCopy, "fail fail refused wait wait wait wait started! fail fail wait fail notice status fail"),
        (.copyBoth, "fail fail fail fail fail fail fail fail data done wait fail notice status fail"),
        (.ownDone, "fail fail fail fail fail fail fail fail data done wait fail notice status fail"),
        (.theirDone, "fail fail fail fail fail fail fail fail fail fail wait fail notice status fail"),
        (.endingCopy, "fail fail ended wait wait wait fail fail fail fail wait fail notice status fail"),
        (.closed, "wait wait wait wait wait wait wait wait wait wait wait fail notice status wait"),
    ])
    func everyMessageInEveryState(_ reached: Reached, _ expected: String) {
        let words = Self.messages.map { message in
            var machine = reached.machine
            return Self.word(machine.messageReceived(message))
        }
        #expect(words == expected.split(separator: " ").map(String.init))
    }

    private static func word(_ action: ClientStateMachine.Action) -> String {
        switch action {
        case .wait: "wait"
        case .sendPassword: "password"
        case .started: "started"
        case .parameterStatus: "status"
        case .notice: "notice"
        case .finish: "finish"
        case .copyStarted: "started!"
        case .copyRefused: "refused"
        case .copyData: "data"
        case .copyDone: "done"
        case .copyEnded: "ended"
        case .fail: "fail"
        }
    }

    @Test func anErrorIsTheResultAtReadyForQuery() {
        var machine = Reached.query.machine
        _ = machine.messageReceived(.errorResponse(Self.error))
        guard case .finish(.failure(let error)) = machine.messageReceived(.readyForQuery(.failed)) else {
            Issue.record("the query did not fail")
            return
        }
        #expect(error == Self.error)
        #expect(machine.transactionStatus == .failed)
        #expect(machine.isIdle)
    }

    @Test func copyDoneIsSentOnce() {
        var machine = Reached.copyBoth.machine
        #expect(machine.copyDoneSent() == true)
        #expect(machine.copyDoneSent() == false)
        var idle = Reached.idle.machine
        #expect(idle.copyDoneSent() == false)
    }

    @Test func anErrorOfTheStreamEndsItAtReadyForQuery() {
        var machine = Reached.copyBoth.machine
        _ = machine.messageReceived(.errorResponse(Self.error))
        guard case .copyEnded(let error) = machine.messageReceived(.readyForQuery(.idle)) else {
            Issue.record("the stream did not end")
            return
        }
        #expect(error == Self.error)
    }
}
