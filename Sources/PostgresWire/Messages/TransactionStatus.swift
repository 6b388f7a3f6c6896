/// The transaction status that ReadyForQuery carries.
public enum TransactionStatus: UInt8, Hashable, Sendable {
    /// `I`: not in a transaction block.
    case idle = 0x49
    /// `T`: in a transaction block.
    case inTransaction = 0x54
    /// `E`: in a failed transaction block; everything but its end is refused (25P02).
    case failed = 0x45
}
