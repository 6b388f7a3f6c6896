/// What ``ReplicationDriver/drained()`` would do.
public enum PutOff: Sendable {
    case nothing
    /// Replicas would be told of a commit. Within this time they are likely to hear of it with the next records.
    case news(within: Duration)
    /// A flush that others wait for, or news that nothing else will bring.
    case work
}
