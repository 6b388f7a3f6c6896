import TandemTransactions

/// What a connection knows of its transaction.
///
/// ```
/// none ── begin ──▶ open ── a statement fails ──▶ failed ── rollback to a savepoint ──▶ open
///   ▲                │  └─── ended by ──▶ aborted   │
///   │                │      the server      │       │
///   └────────────────┴──────────────────────┴───────┘ commit, rollback
/// ```
enum TransactionState: Sendable, Hashable {
    case none
    case open(TransactionCharacteristics)
    /// A statement has failed. MariaDB would go on; the other engines would not, and a program is to mean the same on
    /// each.
    case failed(TransactionCharacteristics)
    /// The server has no transaction any more: it rolled back all of it (a deadlock), or committed (a definition that then
    /// failed, a COMMIT as a statement). Statements that followed would be kept one by one, so none may.
    case aborted
}
