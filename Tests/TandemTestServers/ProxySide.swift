import DequeModule
import NIOCore

/// One side of a proxied connection: passes on what it reads, and its end, in order and each when its time has come.
final class ProxySide: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// What is passed on: data, or the end.
    private typealias Piece = (data: ByteBuffer?, due: NIODeadline)

    private let direction: NetworkProxy.Direction
    private let other: any Channel
    private let rule: NetworkProxy.Rule
    private var kept: Deque<Piece> = []

    init(_ direction: NetworkProxy.Direction, to other: any Channel, _ rule: @escaping NetworkProxy.Rule) {
        self.direction = direction
        self.other = other
        self.rule = rule
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        keep(unwrapInboundIn(data), for: rule(direction))
    }

    func channelInactive(context: ChannelHandlerContext) { keep(nil, for: .zero) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func keep(_ data: ByteBuffer?, for delay: Duration) {
        let due = max(NIODeadline.now() + TimeAmount(delay), kept.last?.due ?? .distantPast)
        kept.append((data, due))
        if kept.count == 1 { passOn() }
    }

    /// Passes on what is due, and comes back for the rest.
    private func passOn() {
        while let first = kept.first {
            guard first.due <= .now() else {
                other.eventLoop.assumeIsolated().scheduleTask(deadline: first.due) { self.passOn() }
                return
            }
            kept.removeFirst()
            if let data = first.data { other.writeAndFlush(data, promise: nil) } else { other.close(promise: nil) }
        }
    }
}
