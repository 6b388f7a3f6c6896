import CPQ
import Glibc
import TandemThreads
import TandemTransactions

extension ServerLink {
    /// Whether the next result is here already.
    var hasResult: Bool { PQisBusy(pointer) == 0 }

    /// The next result; nil after a statement's last.
    func nextResult(_ watch: inout StatementWatch) throws -> ServerResult? {
        if !arrived.isEmpty { return try checked(arrived.removeFirst()) }
        while PQisBusy(pointer) == 1 {
            if PQstatus(pointer) == CONNECTION_BAD { throw lost() }
            if try wait(Int16(POLLIN), &watch), PQconsumeInput(pointer) == 0 { throw lost() }
        }
        return try checked(PQgetResult(pointer).map { ServerResult($0) })
    }

    private func checked(_ result: ServerResult?) throws -> ServerResult? {
        if PQstatus(pointer) == CONNECTION_BAD || result?.endsWithRefusal == true { throw lost(result) }
        return result
    }

    // MARK: Answers that come at once

    /// Waits on the calling thread for all answers to what was sent.
    ///
    /// - Returns: whether they have come, and none of them is a failure: whoever reads them waits for nothing then.
    func isAnswered(within wait: BriefWait) -> Bool {
        guard PQflush(pointer) == 0 else { return false }
        while wait.isReadable(PQsocket(pointer)) {
            guard PQconsumeInput(pointer) == 1 else { return false }
            if let isDone = takeArrived() { return isDone }
        }
        return false
    }

    /// Takes the results that are here.
    ///
    /// - Returns: whether all are; nil where more is to come.
    private func takeArrived() -> Bool? {
        while PQisBusy(pointer) == 0 {
            guard PQstatus(pointer) == CONNECTION_OK else { return false }
            let result = PQgetResult(pointer).map { ServerResult($0) }
            arrived.append(result)
            switch result?.status {
            case nil where PQpipelineStatus(pointer) == PQ_PIPELINE_OFF, PGRES_PIPELINE_SYNC: return true
            case nil, PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: continue
            // Failures, and COPY, which has no end: what they mean may have to be asked for.
            default: return false
            }
        }
        return nil
    }

    /// Reads the results of one step.
    func collect(_ watch: inout StatementWatch) throws -> LinkOutcome {
        var outcome: LinkOutcome?
        while let result = try nextResult(&watch) {
            switch result.status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: outcome = .result(result)
            case PGRES_PIPELINE_ABORTED: outcome = .skipped
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // There is no way to leave COPY but by its data; the connection is of no use to anybody else.
                close()
                throw PostgresFailure.unsupported("COPY is not supported over a data source's connection")
            default: outcome = .failure(result)
            }
        }
        guard let outcome else { throw outOfStep() }
        return outcome
    }
}
