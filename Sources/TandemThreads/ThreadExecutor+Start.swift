extension ThreadExecutor {
    /// Makes what lives on the thread there, such as a connection. Where that fails, or the task is cancelled, the thread
    /// ends.
    ///
    /// - Parameter make: is woken up from ``wait(for:events:until:)`` where the task is cancelled.
    package func start<Value: Sendable>(_ make: @escaping @Sendable () throws -> Value) async throws -> Value {
        let starter = Starter(self)
        do {
            return try await withTaskCancellationHandler {
                try await starter.run(make)
            } onCancel: {
                self.wake()
            }
        } catch {
            stop()
            throw error
        }
    }

    /// Runs on the thread before there is an actor that does.
    private actor Starter {
        private nonisolated let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        init(_ executor: ThreadExecutor) { self.executor = executor }

        func run<Value: Sendable>(_ make: @Sendable () throws -> Value) throws -> Value { try make() }
    }
}
