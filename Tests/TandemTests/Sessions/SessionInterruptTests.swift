import PostgresWire
import Testing

@testable import Tandem

@Suite struct SessionInterruptTests {
    /// The session's end was forgotten behind a cancel, and its client waited for on.
    @Test func theEndOfTheSessionIsNotForgottenBehindACancel() {
        let interrupt = SessionInterrupt()
        interrupt.cancel(.timedOut)
        interrupt.cancel(.canceled)
        #expect(interrupt.reason == .timedOut)
        interrupt.cancel(.adminShutdown)
        interrupt.cancel(.canceled)
        #expect(interrupt.isCancelled && interrupt.takeCancellation() == .adminShutdown)
        #expect(!interrupt.isCancelled && interrupt.reason == nil)
    }
}
