import Dispatch

/// A value behind a lock that ThreadSanitizer understands.
final class LockedValue<Value>: @unchecked Sendable {
    // `value` is touched inside of `lock` alone.
    private let lock = DispatchSemaphore(value: 1)
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<T>(_ body: (inout Value) -> T) -> T {
        lock.wait()
        defer { lock.signal() }
        return body(&value)
    }
}
