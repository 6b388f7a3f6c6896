import CPQ
import Glibc
import TandemThreads
import TandemTransactions

extension ServerLink {
    /// Hands a step to libpq, which sends it as far as the socket takes it.
    func send(_ step: LinkStep) throws {
        let sent =
            switch step {
            case .query(let sql, let parameters, let binary):
                parameters.withPointers { values, lengths, formats in
                    PQsendQueryParams(
                        pointer, sql, Int32(parameters.count), parameters.types, values, lengths, formats,
                        binary ? 1 : 0)
                }
            case .prepare(let name, let sql, let types):
                PQsendPrepare(pointer, name, sql, Int32(types.count), types)
            case .execute(let name, let parameters, let binary):
                parameters.withPointers { values, lengths, formats in
                    PQsendQueryPrepared(
                        pointer, name, Int32(parameters.count), values, lengths, formats, binary ? 1 : 0)
                }
            }
        guard sent == 1 else { throw lost() }
    }

    /// Writes what libpq holds, and reads meanwhile: the server may not read on before its answers are taken.
    func flush(_ watch: inout StatementWatch) throws {
        while true {
            switch PQflush(pointer) {
            case 0: return
            case 1:
                if try wait(Int16(POLLIN | POLLOUT), &watch), PQconsumeInput(pointer) == 0 { throw lost() }
            default: throw lost()
            }
        }
    }
}
