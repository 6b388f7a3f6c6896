import NIOCore
import Testing

@testable import PostgresWire

@Suite struct SessionStateMachineTests {
    typealias Machine = SessionStateMachine<String, String>

    /// The states, and machines brought into them. All but the fresh one know the statement `s` and the portal `p`.
    enum Reached: CaseIterable {
        case idle, extendedQuery, ignoring, copyInSimple, copyInExtended, terminated

        var machine: Machine {
            var machine = Machine()
            switch self {
            case .idle: break
            case .extendedQuery: machine.fill()
            case .ignoring:
                machine.fill()
                _ = machine.errorRaised(PostgresError(code: .syntaxError, message: "x"))
            case .copyInSimple:
                _ = machine.messageReceived(.query("COPY"))
                machine.copyInStarted()
            case .copyInExtended:
                machine.fill()
                _ = machine.messageReceived(.execute(portal: "p", maximumRows: 0))
                machine.copyInStarted()
            case .terminated: _ = machine.messageReceived(.terminate)
            }
            return machine
        }
    }

    static let messages: [FrontendMessage] = [
        .query("q"), .parse(.init(query: "q")), .bind(.init(statement: "s")), .describe(.statement("s")),
        .describe(.portal("p")), .execute(portal: "p", maximumRows: 1), .close(.statement("s")), .close(.portal("p")),
        .flush, .sync, .terminate, .copyData(ByteBuffer()), .copyDone, .copyFail("x"), .password(ByteBuffer()),
        .functionCall, .invalid(.query, .violation("x")), .invalid(.bind, .violation("x")),
        .invalid(.copyFail, .violation("x")),
    ]

    /// Every message in every state, as one word each.
    @Test(arguments: [
        (
            Reached.idle,
            """
            query prepare fail:26000>sync fail:26000>sync fail:34000>sync fail:34000>sync closed closed flush sync \
            terminate ignore ignore ignore fail:08P01>close fail:0A000>ready fail:08P01>ready fail:08P01>sync ignore
            """
        ),
        (
            .extendedQuery,
            """
            query prepare bind describeStatement describePortal execute closed closed flush sync \
            terminate ignore ignore ignore fail:08P01>close fail:0A000>ready fail:08P01>ready fail:08P01>sync ignore
            """
        ),
        (
            .ignoring,
            """
            ignore ignore ignore ignore ignore ignore ignore ignore ignore sync \
            terminate ignore ignore ignore ignore ignore ignore ignore ignore
            """
        ),
        (
            .copyInSimple,
            """
            fail:08P01>ready fail:08P01>ready fail:08P01>ready fail:08P01>ready fail:08P01>ready fail:08P01>ready \
            fail:08P01>ready fail:08P01>ready ignore ignore terminate copyData copyDone fail:57014>ready \
            fail:08P01>ready fail:08P01>ready fail:08P01>ready fail:08P01>ready fail:08P01>ready
            """
        ),
        (
            .copyInExtended,
            """
            fail:08P01>sync fail:08P01>sync fail:08P01>sync fail:08P01>sync fail:08P01>sync fail:08P01>sync \
            fail:08P01>sync fail:08P01>sync ignore ignore terminate copyData copyDone fail:57014>sync \
            fail:08P01>sync fail:08P01>sync fail:08P01>sync fail:08P01>sync fail:08P01>sync
            """
        ),
        (
            .terminated,
            """
            ignore ignore ignore ignore ignore ignore ignore ignore ignore ignore ignore ignore ignore ignore ignore \
            ignore ignore ignore ignore
            """
        ),
    ])
    func everyMessageInEveryState(_ reached: Reached, _ expected: String) {
        let words = Self.messages.map { message in
            var machine = reached.machine
            return Self.word(machine.messageReceived(message))
        }
        #expect(words == expected.split(separator: " ").map(String.init))
    }

    private static func word(_ action: Machine.Action) -> String {
        switch action {
        case .ignore: "ignore"
        case .query: "query"
        case .prepare: "prepare"
        case .bind: "bind"
        case .describeStatement: "describeStatement"
        case .describePortal: "describePortal"
        case .execute: "execute"
        case .closed: "closed"
        case .flush: "flush"
        case .sync: "sync"
        case .copyData: "copyData"
        case .copyDone: "copyDone"
        case .terminate: "terminate"
        case .fail(let error, .readyForQuery): "fail:\(error.code)>ready"
        case .fail(let error, .ignoreUntilSync): "fail:\(error.code)>sync"
        case .fail(let error, .close): "fail:\(error.code)>close"
        }
    }

    @Test func aGoodbyeMayComeWhileAStatementIsWorkedOn() {
        var machine = Machine()
        _ = machine.messageReceived(.query("q"))
        guard case .terminate = machine.messageReceived(.terminate) else {
            Issue.record("it was not heard")
            return
        }
        machine.readyForQuery(.idle)
        #expect(machine.state == .terminated)
    }

    @Test func aSyncEndsTheIgnoring() {
        var machine = Reached.ignoring.machine
        guard case .sync = machine.messageReceived(.sync) else {
            Issue.record("Sync was ignored")
            return
        }
        machine.readyForQuery(.idle)
        #expect(machine.state == .idle)
    }

    @Test func statementsOutliveTheirTransactionAndPortalsDoNot() {
        var machine = Reached.extendedQuery.machine
        _ = machine.messageReceived(.sync)
        machine.readyForQuery(.inTransaction)
        #expect(machine.portal("p") == "portal")
        _ = machine.messageReceived(.sync)
        machine.readyForQuery(.idle)
        #expect(machine.portal("p") == nil)
        #expect(machine.statement("s") == "statement")
    }

    @Test func anErrorFailsAnOpenTransaction() {
        var machine = Machine()
        _ = machine.messageReceived(.query("BEGIN"))
        machine.readyForQuery(.inTransaction)
        _ = machine.messageReceived(.query("nonsense"))
        _ = machine.errorRaised(PostgresError(code: .syntaxError, message: "x"))
        #expect(machine.transactionStatus == .failed)
        machine.readyForQuery(machine.transactionStatus)
        #expect(machine.transactionStatus == .failed)
    }

    @Test func anErrorOutsideOfATransactionFailsNone() {
        var machine = Machine()
        _ = machine.messageReceived(.query("nonsense"))
        _ = machine.errorRaised(PostgresError(code: .syntaxError, message: "x"))
        #expect(machine.transactionStatus == .idle)
    }

    @Test func aFailedCommitAtSyncIsFollowedByReadyForQuery() {
        var machine = Reached.extendedQuery.machine
        _ = machine.messageReceived(.sync)
        guard case .fail(_, .readyForQuery) = machine.errorRaised(PostgresError(code: .diskFull, message: "x")) else {
            Issue.record("it is not followed by ReadyForQuery")
            return
        }
        machine.readyForQuery(.idle)
        #expect(machine.state == .idle)
    }

    @Test func aFatalErrorEndsTheSession() {
        var machine = Machine()
        guard case .fail(let error, .close) = machine.errorRaised(.adminShutdown) else {
            Issue.record("it does not close")
            return
        }
        #expect(error.severity == .fatal)
        #expect(machine.state == .terminated)
    }

    @Test func aNameIsTakenOnceAndTheUnnamedAnyNumberOfTimes() {
        var machine = Reached.extendedQuery.machine
        guard case .fail(let statement, _) = machine.messageReceived(.parse(.init(statement: "s", query: "q"))) else {
            Issue.record("a second statement of the same name was let in")
            return
        }
        #expect(statement.code == .duplicatePreparedStatement)
        machine = Reached.extendedQuery.machine
        guard case .fail(let portal, _) = machine.messageReceived(.bind(.init(portal: "p", statement: "s"))) else {
            Issue.record("a second portal of the same name was let in")
            return
        }
        #expect(portal.code == .duplicateCursor)
        machine = Reached.extendedQuery.machine
        for _ in 0..<2 {
            machine.statementPrepared(.init(statement: "", query: "SELECT"), "x")
            machine.portalBound(.init(), "y")
        }
        #expect(machine.statementCount == 2)
        #expect(machine.portalCount == 2)
    }

    @Test func statementsAndPortalsHaveBounds() {
        var limits = Machine.Limits()
        limits.statements = 2
        limits.portals = 2
        var machine = Machine(limits: limits)
        machine.fill()
        machine.statementPrepared(.init(statement: "s2", query: "SELECT"), "x")
        machine.portalBound(.init(portal: "p2", statement: "s"), "y")
        var other = machine
        guard case .fail(let error, _) = machine.messageReceived(.parse(.init(statement: "s3", query: "q"))),
            case .fail(let portalError, _) = other.messageReceived(.bind(.init(portal: "p3", statement: "s")))
        else {
            Issue.record("one too many was let in")
            return
        }
        #expect(error.code == .configurationLimitExceeded)
        #expect(portalError.code == .configurationLimitExceeded)
    }

    @Test func textsAndParametersAreBoundedInBytes() throws {
        var limits = Machine.Limits()
        limits.statementLength = 10
        limits.statementBytes = 15
        limits.portalBytes = 1000
        var machine = Machine(limits: limits)
        func code(_ action: Machine.Action) -> SQLState? {
            if case .fail(let error, _) = action { error.code } else { nil }
        }
        func parsed(_ name: String, _ length: Int) -> SQLState? {
            let parse = FrontendMessage.Parse(statement: name, query: String(repeating: "x", count: length))
            let action = machine.messageReceived(.parse(parse))
            if case .prepare = action { machine.statementPrepared(parse, "x") } else { leave() }
            return code(action)
        }
        func leave() {
            _ = machine.messageReceived(.sync)
            machine.readyForQuery(.inTransaction)
        }
        #expect(parsed("", 11) == .programLimitExceeded)
        #expect(code(machine.messageReceived(.query("12345678901"))) == .programLimitExceeded)
        machine.readyForQuery(.inTransaction)
        #expect(parsed("a", 8) == nil && parsed("b", 7) == nil)
        #expect(parsed("c", 1) == .configurationLimitExceeded)
        _ = machine.messageReceived(.close(.statement("a")))
        #expect(parsed("c", 8) == nil)
        let bind = FrontendMessage.Bind(
            portal: "p", statement: "b", parameters: [ByteBuffer(repeating: 0, count: 900)])
        _ = machine.messageReceived(.bind(bind))
        machine.portalBound(bind, "y")
        var second = bind
        second.portal = "q"
        #expect(code(machine.messageReceived(.bind(second))) == .configurationLimitExceeded)
        leave()
        machine.portalsDropped()
        #expect(code(machine.messageReceived(.bind(second))) == nil)
    }

    @Test func closingAStatementLeavesItsPortals() {
        var machine = Reached.extendedQuery.machine
        machine.statementPrepared(.init(statement: "other", query: "SELECT"), "x")
        _ = machine.messageReceived(.close(.statement("s")))
        #expect(machine.statement("s") == nil)
        #expect(machine.portal("p") != nil)
        _ = machine.messageReceived(.close(.portal("p")))
        #expect(machine.portal("p") == nil)
        #expect(machine.statementDeallocated("other") == true)
        #expect(machine.statementDeallocated("other") == false)
    }

    /// A cursor outlives it, and is not of the next statement of that name.
    @Test(arguments: [false, true]) func whatIsDeallocatedLeavesItsPortals(all: Bool) {
        var machine = Reached.extendedQuery.machine
        machine.cursorDeclared("cursor", "c", byteCount: 6)
        if all { machine.statementsDeallocated() } else { #expect(machine.statementDeallocated("s") == true) }
        #expect(machine.statement("s") == nil)
        machine.statementPrepared(.init(statement: "s", query: "SELECT"), "next")
        _ = machine.messageReceived(.close(.statement("s")))
        #expect(machine.portal("p") != nil && machine.portal("cursor") == "c")
        machine.allDiscarded()
        #expect(machine.portalCount == 0)
    }

    /// They keep it: its bytes count for them.
    @Test func aPortalThatOutlivesItsStatementCountsForIt() {
        var limits = Machine.Limits()
        limits.portalBytes = 100
        var machine = Machine(limits: limits)
        machine.statementPrepared(.init(statement: "s", query: "SELECT"), "x", byteCount: 90)
        machine.cursorDeclared("other", "y", byteCount: 1)
        machine.portalBound(.init(portal: "p", statement: "s"), "y")
        #expect(machine.limitReached(binding: 50) == nil)
        machine.statementsDeallocated()
        #expect(machine.limitReached(binding: 50)?.code == .configurationLimitExceeded)
        machine.portalDropped("p")
        #expect(machine.limitReached(binding: 50) == nil)
    }

    @Test func whatStatementsPrepareAndDeclareIsBoundedToo() {
        var limits = Machine.Limits()
        limits.statements = 2
        limits.portals = 2
        limits.statementBytes = 100
        limits.portalBytes = 100
        var machine = Machine(limits: limits)
        #expect(machine.limitReached(preparing: 101)?.code == .configurationLimitExceeded)
        machine.statementPrepared(.init(statement: "a", query: "SELECT"), "x", byteCount: 90)
        #expect(machine.limitReached(preparing: 10) == nil)
        #expect(machine.limitReached(preparing: 11)?.code == .configurationLimitExceeded)
        machine.statementPrepared(.init(statement: "b", query: "SELECT"), "x", byteCount: 1)
        #expect(machine.limitReached(preparing: 1)?.code == .configurationLimitExceeded)
        machine.cursorDeclared("a", "x", byteCount: 90)
        #expect(machine.limitReached(binding: 10) == nil)
        #expect(machine.limitReached(binding: 11)?.code == .configurationLimitExceeded)
        machine.cursorDeclared("b", "x", byteCount: 1)
        #expect(machine.limitReached(binding: 1)?.code == .configurationLimitExceeded)
    }

    @Test func portalsOfTheUnnamedStatementOutliveItsSuccessor() {
        var machine = Machine()
        machine.statementPrepared(.init(statement: "", query: "SELECT"), "first")
        machine.portalBound(.init(portal: "p"), "of the first")
        machine.statementPrepared(.init(statement: "", query: "SELECT"), "second")
        _ = machine.messageReceived(.close(.statement("")))
        #expect(machine.portal("p") == "of the first")
    }

    @Test func aSimpleQueryTakesTheUnnamedOnesPlace() {
        var machine = Reached.extendedQuery.machine
        machine.statementPrepared(.init(statement: "", query: "SELECT"), "x")
        machine.portalBound(.init(), "y")
        _ = machine.messageReceived(.query("q"))
        #expect(machine.statement("") == nil)
        #expect(machine.portal("") == nil)
        #expect(machine.statement("s") == "statement")
    }

    @Test func discardingForgetsAll() {
        var machine = Reached.extendedQuery.machine
        machine.allDiscarded()
        #expect(machine.statementCount == 0)
        #expect(machine.portalCount == 0)
        machine.portalBound(.init(portal: "x"), "y")
        machine.portalDropped("x")
        #expect(machine.portalCount == 0)
    }

    @Test func aCopyEndsWhereItBegan() {
        var simple = Reached.copyInSimple.machine
        _ = simple.messageReceived(.copyDone)
        #expect(simple.state == .simpleQuery)
        var extended = Reached.copyInExtended.machine
        _ = extended.messageReceived(.copyDone)
        #expect(extended.state == .extendedQuery)
    }
}

extension SessionStateMachine<String, String> {
    /// Prepares `s` and binds `p`.
    fileprivate mutating func fill() {
        _ = messageReceived(.parse(.init(statement: "s", query: "q")))
        statementPrepared(.init(statement: "s", query: "SELECT"), "statement")
        let bind = FrontendMessage.Bind(portal: "p", statement: "s")
        _ = messageReceived(.bind(bind))
        portalBound(bind, "portal")
    }
}
