import Testing

@testable import TandemTransactions

@Suite struct TransactionStateMachineTests {
    typealias Machine = TransactionStateMachine

    /// A transaction whose connection is there.
    func begun() -> Machine {
        var machine = Machine()
        machine.transactionBegun()
        return machine
    }

    @Test func theFirstStatementBeginsAndLaterOnesRun() {
        var machine = Machine()
        #expect(machine.statementArrived(at: 0) == .begin)
        machine.transactionBegun()
        #expect(machine.statementArrived(at: 0) == .run)
        #expect(machine.statementArrived(at: 0) == .run)
    }

    @Test func aBeginningThatFailedLeavesItToTheNextStatementToBegin() {
        var machine = begun()
        machine.beginningFailed()
        #expect(machine.statementArrived(at: 0) == .begin)
        // A body that has ended meanwhile goes on ending.
        var ending = begun()
        #expect(ending.bodyEnded(commits: true) == .commit)
        ending.beginningFailed()
        #expect(ending.state == .ending)
    }

    @Test func aTransactionWithoutAStatementEndsWithoutAServer() {
        var committed = Machine()
        let commit = committed.bodyEnded(commits: true)
        #expect(commit == .nothing(.committed))
        var rolledBack = Machine()
        #expect(rolledBack.bodyEnded(commits: false) == .nothing(.rolledBack))
    }

    @Test func aBodyThatReturnsCommitsAndOneThatThrowsRollsBack() {
        var returning = begun()
        #expect(returning.bodyEnded(commits: true) == .commit)
        var throwing = begun()
        #expect(throwing.bodyEnded(commits: false) == .rollBack(.rolledBack))
    }

    @Test func aFailedCallThatJoinedRollsTheWholeBackAndTellsTheOwner() {
        var machine = begun()
        let isOpen = machine.marked(.imposed(by: "inner"), at: 0)
        #expect(isOpen)
        #expect(machine.bodyEnded(commits: true) == .rollBack(.unexpectedlyRolledBack(by: "inner")))
    }

    @Test func aRollbackThatTheOwnerAskedForIsSilent() {
        var machine = begun()
        let isOpen = machine.marked(.asked, at: 0)
        #expect(isOpen)
        #expect(machine.bodyEnded(commits: true) == .rollBack(.rolledBack))
    }

    @Test(arguments: [true, false]) func anImposedRollbackOutweighsOneThatWasAskedFor(imposedFirst: Bool) {
        var machine = begun()
        if imposedFirst { _ = machine.marked(.imposed(by: "inner"), at: 0) }
        _ = machine.marked(.asked, at: 0)
        if !imposedFirst { _ = machine.marked(.imposed(by: "inner"), at: 0) }
        #expect(machine.mark(at: 0) == .imposed(by: "inner"))
    }

    @Test func afterTheEndNothingIsTaken() {
        var machine = begun()
        _ = machine.bodyEnded(commits: true)
        #expect(machine.statementArrived(at: 0) == .refuse(.ended))
        #expect(machine.nestedScopeOpened(in: 0) == .failure(.ended))
        let isStillOpen = machine.marked(.asked, at: 0)
        #expect(!isStillOpen)
        machine.transactionEnded(.committed)
        #expect(machine.statementArrived(at: 0) == .refuse(.ended))
        #expect(machine.bodyEnded(commits: true) == .nothing(.rolledBack))
    }

    @Test func aBrokenConnectionLeavesNothingButTheEnd() throws {
        var machine = begun()
        let level = try machine.nestedScopeOpened(in: 0).get()
        machine.savepointSet(level)
        machine.connectionBroke()
        #expect(machine.statementArrived(at: level) == .refuse(.connectionLost))
        #expect(machine.nestedScopeEnded(level, succeeded: false)?.action == Machine.SavepointAction.none)
        #expect(machine.bodyEnded(commits: true) == .discard(.lost))
        var throwing = begun()
        throwing.connectionBroke()
        #expect(throwing.bodyEnded(commits: false) == .discard(.rolledBack))
    }

    @Test func withoutATransactionTheNextStatementTakesAnotherConnection() {
        var machine = Machine(isTransactional: false)
        machine.transactionBegun()
        machine.connectionBroke()
        #expect(machine.statementArrived(at: 0) == .begin)
    }

    /// Every order of events of a bounded length keeps the machine's promises.
    @Test func whateverHappensTheEndFitsWhatWasBegun() {
        enum Event: CaseIterable { case begun, nested, nestedOK, nestedFailed, marked, lost, broke, statement }
        func explore(_ machine: Machine, _ open: [Int], _ hasBegun: Bool, _ isSpoilt: Bool, depth: Int) {
            var ended = machine
            switch ended.bodyEnded(commits: true) {
            case .nothing: #expect(!hasBegun)
            case .commit: #expect(hasBegun && !isSpoilt)
            case .rollBack, .discard: #expect(hasBegun && isSpoilt)
            }
            #expect(ended.statementArrived(at: 0) == .refuse(.ended))
            guard depth > 0 else { return }
            for event in Event.allCases {
                var machine = machine
                var open = open
                let level = open.last ?? 0
                switch event {
                case .begun:
                    guard machine.statementArrived(at: level) == .begin else { continue }
                    machine.transactionBegun()
                    explore(machine, open, true, isSpoilt, depth: depth - 1)
                case .nested:
                    guard let level = try? machine.nestedScopeOpened(in: level).get() else { continue }
                    open.append(level)
                    explore(machine, open, hasBegun, isSpoilt, depth: depth - 1)
                case .nestedOK, .nestedFailed:
                    guard let level = open.popLast() else { continue }
                    let end = machine.nestedScopeEnded(level, succeeded: event == .nestedOK)
                    #expect(end != nil)
                    explore(machine, open, hasBegun, isSpoilt, depth: depth - 1)
                case .marked:
                    let isOpen = machine.marked(.imposed(by: "a call"), at: level)
                    #expect(isOpen)
                    explore(machine, open, hasBegun, isSpoilt || level == 0, depth: depth - 1)
                case .lost:
                    machine.transactionLost(in: "a call")
                    explore(machine, open, hasBegun, true, depth: depth - 1)
                case .broke:
                    machine.connectionBroke()
                    explore(machine, open, hasBegun, isSpoilt || hasBegun, depth: depth - 1)
                case .statement:
                    guard case .setSavepoint(let level) = machine.statementArrived(at: level) else { continue }
                    machine.savepointSet(level)
                    explore(machine, open, hasBegun, isSpoilt, depth: depth - 1)
                }
            }
        }
        explore(Machine(), [], false, false, depth: 6)
    }
}
