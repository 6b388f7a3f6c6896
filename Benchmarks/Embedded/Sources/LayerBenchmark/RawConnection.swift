import CLayerBenchmark
import Foundation
import TandemTransactions

/// A raw driver's connection. Used by one thread at a time: by its queue's, or by its maker's.
final class RawConnection: @unchecked Sendable {
    // Whose calls never overlap, which is what protects the pointer.
    private let connection: OpaquePointer
    private let queue = DispatchQueue(label: "raw")

    init(_ url: String) throws {
        guard let connection = url.hasPrefix("mariadb:") ? Self.mariadb(url) : raw_postgres_open(Self.postgres(url))
        else {
            throw Self.error()
        }
        self.connection = connection
    }

    deinit { raw_close(connection) }

    /// libpq knows nothing of `tandem://`.
    private static func postgres(_ url: String) -> String {
        url.replacingOccurrences(of: "tandem://", with: "postgresql://")
    }

    private static func mariadb(_ url: String) -> OpaquePointer? {
        guard let parts = URLComponents(string: url) else { return nil }
        return raw_mariadb_open(
            parts.host ?? "", UInt32(parts.port ?? 3306), parts.user ?? "", parts.password ?? "",
            String(parts.path.dropFirst()))
    }

    private static func error() -> DatabaseError {
        DatabaseError(.connectionLost, "the raw driver failed: \(String(cString: raw_error()))")
    }

    /// Blocks the calling thread.
    func select() throws {
        guard raw_select(connection) == 1 else { throw Self.error() }
    }

    /// Blocks the calling thread.
    func transaction() throws {
        guard raw_begin(connection) == 1, raw_select(connection) == 1, raw_commit(connection) == 1 else {
            throw Self.error()
        }
    }

    /// As a program must call it whose threads must not be blocked.
    func onQueue(_ operation: @escaping @Sendable (RawConnection) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try operation(self) }) }
        }
    }
}
