import GRDB

/// The work of one call of an SQL function whose work may be out of proportion to its arguments: it is counted and
/// bounded, because SQLite stops no function while it runs.
struct FunctionWork {
    /// Why a call ended before its time.
    enum Ended: Error {
        /// It took more than ``maximum`` steps.
        case tooLong
        /// Its statement is to end: it was cancelled, or `statement_timeout` has passed.
        case interrupted

        /// - Parameter message: what takes too long.
        func error(_ message: String) -> DatabaseError {
            switch self {
            case .tooLong: DatabaseError(resultCode: .SQLITE_TOOBIG, message: message)
            case .interrupted: DatabaseError(resultCode: .SQLITE_INTERRUPT, message: "interrupted")
            }
        }
    }

    /// So many steps a call may take: a second or a few.
    static let maximum = 50_000_000
    /// Some tenths of a millisecond.
    private static let stepsBetweenLooks = 20_000

    private let isStopped: () -> Bool
    private var count = 0
    private var nextLook = stepsBetweenLooks

    /// - Parameter isStopped: whether the statement is to end; asked again and again, not at each step.
    init(isStopped: @escaping () -> Bool = { false }) { self.isStopped = isStopped }

    mutating func take(_ steps: Int = 1) throws(Ended) {
        count += steps
        guard count >= nextLook else { return }
        nextLook = count + Self.stepsBetweenLooks
        guard count <= Self.maximum else { throw .tooLong }
        guard !isStopped() else { throw .interrupted }
    }
}
