import Testing

/// The acceptance table of the transaction layer. The cases share the servers' one table, so they run one at a time.
@Suite(.serialized) struct AcceptanceTests {}
