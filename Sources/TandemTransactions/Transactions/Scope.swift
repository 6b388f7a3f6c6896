/// One call of `transaction`, from its beginning to its end. The scopes of a task are a chain, the innermost first; they
/// may belong to several databases.
final class Scope: Sendable {
    @TaskLocal static var current: Scope?

    let database: Database
    /// The connection that the scope's statements use, with all who share it; nil for a scope that hides what is around
    /// it, as hooks need it.
    let holder: ConnectionHolder?
    let options: ScopeOptions
    let relation: Transaction.Relation
    /// Which part of the transaction it belongs to, as ``TransactionStateMachine`` numbers them.
    let level: Int
    /// The scope around it, of whatever database.
    let enclosing: Scope?

    init(
        database: Database, holder: ConnectionHolder?, options: ScopeOptions, relation: Transaction.Relation,
        level: Int,
        enclosing: Scope?
    ) {
        self.database = database
        self.holder = holder
        self.options = options
        self.relation = relation
        self.level = level
        self.enclosing = enclosing
    }
}

extension Scope {
    /// The innermost scope of that database in this task, nil where there is none or where it is hidden.
    static func innermost(of database: Database) -> Scope? { innermost(of: database, from: current) }

    /// The innermost scope of that database among `scope` and those around it.
    static func innermost(of database: Database, from scope: Scope?) -> Scope? {
        var next = scope
        while let scope = next {
            if scope.database === database { return scope.holder == nil ? nil : scope }
            next = scope.enclosing
        }
        return nil
    }

    /// This scope and those around it, the innermost first.
    static func chain(from innermost: Scope?) -> some Sequence<Scope> {
        sequence(state: innermost) { next in
            defer { next = next?.enclosing }
            return next
        }
    }

    /// What propagation sees.
    var surroundings: Propagation.Surroundings {
        guard let holder else { return .nothing }
        return holder.isTransactional ? .transaction : .scopeWithoutTransaction
    }
}
