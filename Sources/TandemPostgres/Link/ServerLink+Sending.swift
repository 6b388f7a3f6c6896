import CPQ
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
}
