import NIOCore
import NIOSSL
import NIOTLS

/// A client's connection on its event loop: framing, start-up, the queries that wait, and the stream.
final class PostgresClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Request {
        case query(String, EventLoopPromise<[QueryResult]>)
        case copyBoth(String, any PostgresCopyStream, EventLoopPromise<Void>)
    }

    let options: PostgresClientOptions
    var machine: ClientStateMachine
    private var decoder: BackendFrameDecoder
    var started: EventLoopPromise<BackendKey?>?
    var waiting: CircularBuffer<Request> = []
    var current: Request?
    private var stream: (any PostgresCopyStream)?
    private var streamHasNews = false
    var timeout: Scheduled<Void>?
    /// nil before the handler is in its channel.
    private(set) var writer: ChannelWriter?
    /// Why the connection is of no use any more; told to whoever waits or comes later.
    var failure: PostgresError?

    private(set) var parameterStatuses: [String: String] = [:]

    /// - Parameter started: completed when the session has begun or cannot.
    init(options: PostgresClientOptions, started: EventLoopPromise<BackendKey?>) {
        self.options = options
        self.started = started
        machine = ClientStateMachine(maximumResultBytes: options.maximumResultBytes, password: options.password)
        decoder = BackendFrameDecoder(maximumMessageLength: options.maximumMessageLength)
    }

    var transactionStatus: TransactionStatus { machine.transactionStatus }

    // MARK: Events of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        writer = ChannelWriter(context.channel, highWaterMark: options.writeBufferWaterMark.upperBound)
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        guard timeout == nil else { return }
        let limit = TimeAmount.nanoseconds(options.startupTimeout.nanoseconds)
        timeout = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.fail(.connectionFailed("the server did not answer the start-up in time"))
        }
        if options.tls == nil { sendStartup() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            let certificate = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
            machine = ClientStateMachine(
                maximumResultBytes: options.maximumResultBytes, password: options.password,
                channelBinding: certificate.flatMap(CertificateHash.channelBinding(of:)))
            sendStartup()
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func sendStartup() {
        var messages = FrontendMessages()
        messages.startup(StartupMessage(parameters: options.parameters))
        writer?.send(messages.take())
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.received(unwrapInboundIn(data))
        do throws(PostgresError) {
            while failure == nil, let message = try decoder.nextMessage() {
                perform(machine.messageReceived(message))
            }
        } catch {
            fail(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if streamHasNews {
            streamHasNews = false
            stream?.readCompleted()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        writer?.writabilityChanged(isWritable)
        stream?.writabilityChanged(isWritable)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        writer?.closed()
        fail(.connectionFailed("the server closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.connectionFailed("the connection was lost: \(words(ofConnectionFailure: error))"))
    }

    // MARK: Messages

    private func perform(_ action: ClientStateMachine.Action) {
        switch action {
        case .wait, .notice: break
        case .sendPassword(let bytes):
            var messages = FrontendMessages()
            messages.password(bytes)
            writer?.send(messages.take())
        case .started(let key):
            timeout?.cancel()
            started?.succeed(key)
            started = nil
            sendNext()
        case .parameterStatus(let name, let value):
            // Bounded, because a server could invent names for ever.
            if parameterStatuses.count < 1000 { parameterStatuses[name] = value }
        case .finish(let result):
            guard case .query(_, let promise) = current else { return }
            current = nil
            promise.completeWith(result.mapError { $0 as any Error })
            sendNext()
        case .copyStarted:
            guard case .copyBoth(_, let stream, let promise) = current else { return }
            self.stream = stream
            current = nil
            promise.succeed()
        case .copyRefused(let error):
            guard case .copyBoth(_, _, let promise) = current else { return }
            current = nil
            promise.fail(error)
            sendNext()
        case .copyData(let payload):
            streamHasNews = true
            stream?.received(payload)
        case .copyDone: stream?.copyDoneReceived()
        case .copyEnded(let error):
            endStream(error)
            sendNext()
        case .fail(let error): fail(error)
        }
    }

    func endStream(_ error: PostgresError?) {
        guard let ended = stream else { return }
        stream = nil
        if streamHasNews {
            streamHasNews = false
            ended.readCompleted()
        }
        ended.ended(error)
    }

    func sendNext() {
        guard failure == nil, current == nil, machine.isIdle, let request = waiting.popFirst() else { return }
        current = request
        var messages = FrontendMessages()
        switch request {
        case .query(let sql, _):
            machine.querySent()
            messages.query(sql)
        case .copyBoth(let sql, _, _):
            machine.copyCommandSent()
            messages.query(sql)
        }
        writer?.send(messages.take())
    }
}

extension PostgresError {
    static func connectionFailed(_ message: String) -> PostgresError {
        PostgresError(severity: .fatal, code: .connectionFailure, message: message)
    }
}
