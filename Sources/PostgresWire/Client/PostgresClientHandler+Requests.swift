import NIOCore
import NIOSSL
import NIOTLS

// What the connection's handle asks for.
extension PostgresClientHandler {
    func submit(_ request: Request) {
        if let failure { return Self.fail(request, failure) }
        guard waiting.count < options.maximumWaitingQueries else {
            return Self.fail(
                request,
                PostgresError(code: .configurationLimitExceeded, message: "too many queries wait on one connection"))
        }
        waiting.append(request)
        sendNext()
    }

    func sendCopyDone() {
        guard machine.copyDoneSent() else { return }
        var messages = FrontendMessages()
        messages.copyDone()
        writer?.send(messages.take())
    }

    /// Says goodbye and closes.
    func close() {
        guard failure == nil else { return }
        var messages = FrontendMessages()
        messages.terminate()
        writer?.send(messages.take())
        fail(.connectionFailed("the connection was closed"))
    }

    /// Closes the connection and tells all who wait why.
    func fail(_ error: PostgresError) {
        guard failure == nil else { return }
        failure = error
        machine.closed()
        timeout?.cancel()
        writer?.closeWhenFlushed()
        started?.fail(error)
        started = nil
        if let request = current { Self.fail(request, error) }
        current = nil
        while let request = waiting.popFirst() { Self.fail(request, error) }
        endStream(error)
    }

    static func fail(_ request: Request, _ error: PostgresError) {
        switch request {
        case .query(_, let promise): promise.fail(error)
        case .copyBoth(_, _, let promise): promise.fail(error)
        }
    }
}
