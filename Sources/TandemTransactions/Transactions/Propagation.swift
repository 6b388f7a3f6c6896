/// What a transaction does when one is already current in its database. The names and the meaning are Spring's.
public enum Propagation: Sendable, Hashable {
    /// Joins the current transaction, begins one where there is none. The default.
    case required
    /// Begins a transaction of its own; the current one is suspended, with its connection, until the new one has ended.
    case requiresNew
    /// A savepoint in the current transaction, so that a failure takes only its own work with it; begins a transaction
    /// where there is none.
    case nested
    /// Joins the current transaction, runs without one where there is none.
    case supports
    /// Joins the current transaction, fails with `illegalTransactionState` where there is none.
    case mandatory
    /// Runs without a transaction; the current one is suspended.
    case notSupported
    /// Runs without a transaction, fails with `illegalTransactionState` where there is one.
    case never
}

extension Propagation {
    /// What surrounds a call, as far as propagation asks.
    enum Surroundings: Sendable, Hashable, CaseIterable {
        case nothing
        case transaction
        /// A scope without a transaction, as `supports` opens one.
        case scopeWithoutTransaction
    }

    /// What is to be done.
    enum Plan: Sendable, Hashable {
        case begin
        case join
        case nest
        /// A scope with a name, a read-only flag and one connection, and no transaction.
        case openScopeWithoutTransaction
        case refuse
    }

    func plan(in surroundings: Surroundings) -> Plan {
        switch (self, surroundings) {
        case (.required, .transaction): .join
        case (.required, .nothing), (.required, .scopeWithoutTransaction): .begin
        case (.requiresNew, _): .begin
        case (.nested, .transaction): .nest
        case (.nested, .nothing), (.nested, .scopeWithoutTransaction): .begin
        case (.supports, .nothing): .openScopeWithoutTransaction
        case (.supports, .transaction), (.supports, .scopeWithoutTransaction): .join
        case (.mandatory, .transaction): .join
        case (.mandatory, .nothing), (.mandatory, .scopeWithoutTransaction): .refuse
        case (.notSupported, .nothing), (.notSupported, .transaction): .openScopeWithoutTransaction
        case (.notSupported, .scopeWithoutTransaction): .join
        case (.never, .nothing): .openScopeWithoutTransaction
        case (.never, .transaction): .refuse
        case (.never, .scopeWithoutTransaction): .join
        }
    }
}
