import NIOCore

// What the server says in each state.
extension ClientStateMachine {
    mutating func duringGreeting(_ message: BackendMessage, _ key: BackendKey?) -> Action {
        switch message {
        case .backendKeyData(let key):
            state = .greeting(key: key)
            return .wait
        case .readyForQuery(let status):
            state = .idle
            transactionStatus = status
            return .started(key)
        case .errorResponse(let error): return fail(error)
        default: return unexpected(message)
        }
    }

    mutating func duringQuery(_ message: BackendMessage, _ answer: consuming Answer) -> Action {
        switch message {
        case .rowDescription(let columns): answer.current = QueryResult(columns: columns)
        case .dataRow(let values):
            answer.byteCount += values.reduce(0) { $0 + ($1?.readableBytes ?? 0) + 16 }
            guard answer.byteCount <= maximumResultBytes else {
                return fail(
                    PostgresError(
                        severity: .fatal, code: .programLimitExceeded,
                        message: "the answer is larger than \(maximumResultBytes) bytes"))
            }
            guard answer.current != nil else { return unexpected(message) }
            answer.current?.rows.append(values.map { $0.map { String(buffer: $0) } })
        case .commandComplete(let tag):
            var result = answer.current ?? QueryResult()
            answer.current = nil
            result.tag = tag
            answer.results.append(result)
        case .emptyQueryResponse: answer.results.append(QueryResult())
        case .errorResponse(let error): answer.error = error
        case .readyForQuery(let status):
            state = .idle
            transactionStatus = status
            if let error = answer.error { return .finish(.failure(error)) }
            return .finish(.success(answer.results))
        default: return unexpected(message)
        }
        state = .query(answer)
        return .wait
    }

    mutating func whileStartingCopy(_ message: BackendMessage, _ error: PostgresError?) -> Action {
        switch message {
        case .copyBothResponse:
            state = .copyBoth(ownDone: false, theirDone: false)
            return .copyStarted
        case .errorResponse(let error):
            state = .startingCopy(error)
            return .wait
        case .readyForQuery(let status):
            state = .idle
            transactionStatus = status
            return .copyRefused(error ?? .violation("the command did not begin a COPY in both directions"))
        case .rowDescription, .dataRow, .commandComplete, .emptyQueryResponse: return .wait
        default: return unexpected(message)
        }
    }

    mutating func duringCopy(_ message: BackendMessage, ownDone: Bool, theirDone: Bool) -> Action {
        switch message {
        case .copyData(let payload):
            return theirDone ? unexpected(message) : .copyData(payload)
        case .copyDone:
            guard !theirDone else { return unexpected(message) }
            state = ownDone ? .endingCopy(nil) : .copyBoth(ownDone: false, theirDone: true)
            return .copyDone
        case .errorResponse(let error):
            state = .endingCopy(error)
            return .wait
        default: return unexpected(message)
        }
    }

    mutating func whileEndingCopy(_ message: BackendMessage, _ error: PostgresError?) -> Action {
        switch message {
        case .commandComplete, .rowDescription, .dataRow: return .wait
        case .errorResponse(let error):
            state = .endingCopy(error)
            return .wait
        case .readyForQuery(let status):
            state = .idle
            transactionStatus = status
            return .copyEnded(error)
        default: return unexpected(message)
        }
    }
}
