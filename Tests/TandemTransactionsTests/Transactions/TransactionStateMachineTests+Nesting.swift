import Testing

@testable import TandemTransactions

/// Savepoints, and the scopes that they belong to.
extension TransactionStateMachineTests {
    @Test func savepointsAreSetBeforeTheirFirstStatementTheOutermostFirst() throws {
        var machine = Machine()
        let first = try machine.nestedScopeOpened(in: 0).get()
        let second = try machine.nestedScopeOpened(in: first).get()
        #expect(machine.statementArrived(at: second) == .begin)
        machine.transactionBegun()
        #expect(machine.statementArrived(at: second) == .setSavepoint(first))
        machine.savepointSet(first)
        #expect(machine.statementArrived(at: second) == .setSavepoint(second))
        machine.savepointSet(second)
        #expect(machine.statementArrived(at: second) == .run)
    }

    @Test func aNestedScopeWithoutAStatementNeedsNoSavepoint() throws {
        var machine = begun()
        let level = try machine.nestedScopeOpened(in: 0).get()
        #expect(
            machine.nestedScopeEnded(level, succeeded: false)
                == Machine.NestedEnd(action: .none, mark: nil, isKept: false, parent: 0))
        #expect(machine.statementArrived(at: 0) == .run)
    }

    @Test(arguments: [true, false]) func aNestedScopeReleasesOrRollsBackItsSavepoint(succeeded: Bool) throws {
        var machine = begun()
        let level = try machine.nestedScopeOpened(in: 0).get()
        machine.savepointSet(level)
        #expect(
            machine.nestedScopeEnded(level, succeeded: succeeded)
                == Machine.NestedEnd(action: succeeded ? .release : .rollBack, mark: nil, isKept: succeeded, parent: 0))
        #expect(machine.bodyEnded(commits: true) == .commit)
    }

    @Test func aMarkInANestedScopeGoesWithItsSavepoint() throws {
        var machine = begun()
        let level = try machine.nestedScopeOpened(in: 0).get()
        machine.savepointSet(level)
        _ = machine.marked(.imposed(by: "inner"), at: level)
        let end = machine.nestedScopeEnded(level, succeeded: true)
        #expect(end == Machine.NestedEnd(action: .rollBack, mark: .imposed(by: "inner"), isKept: false, parent: 0))
        #expect(machine.bodyEnded(commits: true) == .commit)
    }

    @Test func theOuterScopeIsRefusedWhileANestedOneIsOpen() throws {
        var machine = begun()
        let level = try machine.nestedScopeOpened(in: 0).get()
        #expect(machine.statementArrived(at: 0) == .refuse(.nestedScopeOpen))
        #expect(machine.nestedScopeOpened(in: 0) == .failure(.nestedScopeOpen))
        _ = machine.nestedScopeEnded(level, succeeded: true)
        #expect(machine.statementArrived(at: 0) == .run)
    }

    @Test func aNestedScopeThatHasEndedIsNotUsedAnyMore() throws {
        var machine = begun()
        let level = try machine.nestedScopeOpened(in: 0).get()
        _ = machine.nestedScopeEnded(level, succeeded: true)
        #expect(machine.statementArrived(at: level) == .refuse(.ended))
        let isStillOpen = machine.marked(.asked, at: level)
        #expect(!isStillOpen)
        #expect(machine.nestedScopeEnded(level, succeeded: true) == nil)
        // Its number is not given again.
        #expect(try machine.nestedScopeOpened(in: 0).get() != level)
    }

    @Test func anOuterNestedScopeEndsThoseLeftOpenInIt() throws {
        var machine = begun()
        let outer = try machine.nestedScopeOpened(in: 0).get()
        let inner = try machine.nestedScopeOpened(in: outer).get()
        machine.savepointSet(outer)
        _ = machine.nestedScopeEnded(outer, succeeded: false)
        #expect(machine.statementArrived(at: inner) == .refuse(.ended))
        #expect(machine.statementArrived(at: 0) == .run)
    }

    @Test func aTransactionThatTheServerGaveUpCannotBeSavedByASavepoint() throws {
        var machine = begun()
        let level = try machine.nestedScopeOpened(in: 0).get()
        machine.savepointSet(level)
        machine.transactionLost(in: "inner")
        #expect(machine.statementArrived(at: level) == .refuse(.aborted))
        let end = machine.nestedScopeEnded(level, succeeded: false)
        #expect(end == Machine.NestedEnd(action: .none, mark: nil, isKept: false, parent: 0))
        #expect(machine.statementArrived(at: 0) == .refuse(.aborted))
        #expect(machine.bodyEnded(commits: true) == .rollBack(.unexpectedlyRolledBack(by: "inner")))
    }
}
