/// What an applier does once a table's rows are known to differ from what they ought to be.
public enum DriftPolicy: String, Sendable {
    /// It applies nothing any more, and the node shows nothing.
    case stop
    /// It says so, goes on, and compares that table no more.
    case report
}
