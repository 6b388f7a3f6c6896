import NIOPosix

/// The threads that a node works on, besides its database's own (docs/ARCHITECTURE.md).
struct NodeThreads: Sendable {
    /// The event loops of clients' connections.
    let sessions: MultiThreadedEventLoopGroup
    /// The replication thread.
    let replication: MultiThreadedEventLoopGroup
    /// One for each reader. They have to be started before anything is submitted.
    let readers: NIOThreadPool

    init(_ configuration: NodeConfiguration) {
        replication = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        sessions = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        readers = NIOThreadPool(numberOfThreads: configuration.maximumReaders)
    }

    /// Ends them all; what was submitted to them is done before.
    func shutDown() async {
        try? await readers.shutdownGracefully()
        try? await sessions.shutdownGracefully()
        try? await replication.shutdownGracefully()
    }
}
