import TandemLog
import TandemReplication
import TandemSQLite

extension TandemError {
    /// Failures of the commit path in the words of this module; all else as it is.
    static func presenting(_ error: any Error) -> any Error {
        if let error = error as? LogError, error.code != .recordTooLarge {
            return TandemError(
                .unavailable, "this node has stopped taking writes: \(error); mend the cause and restart it",
                cause: error)
        }
        guard let error = error as? DatabaseThreadError else { return error }
        let message = String(describing: error)
        switch error {
        case .stopping, .notReady: return TandemError(.unavailable, message, cause: error)
        case .writerBusy, .tooManyWaiting, .acknowledgementsMissing:
            return TandemError(.lockTimeout, message, cause: error)
        case .noLongerPrimary: return TandemError(.readOnly, message, cause: error)
        case .groupLost, .rejected, .waitBrokenOff: return TandemError(.rolledBack, message, cause: error)
        }
    }

    /// What the embedding program ran was stopped with its node.
    static var nodeStops: TandemError {
        TandemError(.unavailable, "it was stopped and has done nothing: the node is shutting down")
    }

    /// A commit whose wait for acknowledgements was broken off.
    static func inDoubt(_ position: Position, _ reason: DoubtReason) -> TandemError {
        var error = TandemError(
            .inDoubt,
            "the commit at \(position) is in doubt (\(reason)); Node.outcome(of:) tells later"
        )
        error.position = position
        return error
    }
}
