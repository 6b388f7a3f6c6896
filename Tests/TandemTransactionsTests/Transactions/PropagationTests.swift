import Testing

@testable import TandemTransactions

@Suite struct PropagationTests {
    typealias Plan = Propagation.Plan

    @Test(arguments: [
        (Propagation.required, Plan.begin, Plan.join, Plan.begin),
        (.requiresNew, .begin, .begin, .begin),
        (.nested, .begin, .nest, .begin),
        (.supports, .openScopeWithoutTransaction, .join, .join),
        (.mandatory, .refuse, .join, .refuse),
        (.notSupported, .openScopeWithoutTransaction, .openScopeWithoutTransaction, .join),
        (.never, .openScopeWithoutTransaction, .refuse, .join),
    ]) func aPlanFollowsFromWhatIsCurrent(
        propagation: Propagation, nothing: Plan, transaction: Plan, scopeWithoutTransaction: Plan
    ) {
        #expect(propagation.plan(in: .nothing) == nothing)
        #expect(propagation.plan(in: .transaction) == transaction)
        #expect(propagation.plan(in: .scopeWithoutTransaction) == scopeWithoutTransaction)
    }
}
