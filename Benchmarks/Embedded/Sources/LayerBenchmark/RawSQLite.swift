import GRDB

/// GRDB by itself, on a file of its own.
struct RawSQLite: Sendable {
    private let pool: DatabasePool

    init(path: String) throws { pool = try DatabasePool(path: path) }

    /// Blocks the calling thread.
    func select() throws { try pool.unsafeRead(Self.one) }

    /// Blocks the calling thread. GRDB's `read` is a transaction.
    func transaction() throws { try pool.read(Self.one) }

    func selectOnQueue() async throws { try await pool.unsafeRead(Self.one) }

    func transactionOnQueue() async throws { try await pool.read(Self.one) }

    @Sendable private static func one(_ db: Database) throws {
        guard try Int.fetchOne(db.cachedStatement(sql: "SELECT 1")) == 1 else { throw DatabaseError() }
    }
}
