/// What ended a wait of ``ThreadExecutor``.
package enum ThreadWakeup: Sendable, Hashable {
    /// The descriptor is ready: the events of poll(2).
    case ready(Int16)
    /// Somebody called ``ThreadExecutor/wake()``.
    case woken
    case deadlinePassed
}
