import CPQ
import Glibc
import TandemThreads
import TandemTransactions

extension ServerLink {
    /// Whether the next result is here already.
    var hasResult: Bool { PQisBusy(pointer) == 0 }

    /// The next result; nil after a statement's last.
    func nextResult(_ watch: inout StatementWatch) throws -> ServerResult? {
        while PQisBusy(pointer) == 1 {
            if try wait(Int16(POLLIN), &watch), PQconsumeInput(pointer) == 0 { throw lost() }
        }
        guard let result = PQgetResult(pointer) else {
            if PQstatus(pointer) == CONNECTION_BAD { throw lost() }
            return nil
        }
        let answer = ServerResult(result)
        if PQstatus(pointer) == CONNECTION_BAD || answer.endsWithRefusal { throw lost(answer) }
        return answer
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
