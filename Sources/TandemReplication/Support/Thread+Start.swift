import Foundation

extension Thread {
    /// Starts a thread with a name of at most 15 bytes, which the system shows as well (`top -H`): Foundation tells the system
    /// only what the running thread calls itself.
    package static func start(
        named name: String, stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void
    ) {
        let thread = Thread {
            Thread.current.name = name
            body()
        }
        if let stackSize { thread.stackSize = stackSize }
        thread.start()
    }
}
