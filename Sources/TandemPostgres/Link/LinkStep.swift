import CPQ
import TandemThreads

/// One thing to ask of the server. Several go out together and are answered together.
enum LinkStep {
    /// Runs a statement without keeping it.
    case query(String, ParameterList, binary: Bool)
    /// Keeps a statement under a name.
    case prepare(name: String, String, types: [Oid])
    /// Runs a statement that was kept.
    case execute(name: String, ParameterList, binary: Bool)
}

/// What became of a step.
enum LinkOutcome {
    case result(ServerResult)
    case failure(ServerResult)
    /// A step before it failed.
    case skipped
}

/// The outcomes of steps, in their order.
struct LinkRun {
    var outcomes: [LinkOutcome]
    /// Why the server was asked to cancel them, if it was; it may have been too late for that.
    var interruption: StatementWatch.Reason?
}
