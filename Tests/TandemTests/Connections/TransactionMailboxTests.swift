import Testing

@testable import Tandem

@Suite struct TransactionMailboxTests {
    /// What is taken, one after the other, until nothing comes any more.
    private func all(of mailbox: TransactionMailbox<Int>) -> [Int] {
        var taken: [Int] = []
        while case .messages(let messages) = mailbox.take(timeout: .seconds(10)) { taken += messages }
        return taken
    }

    @Test func whatWasDeliveredBeforeTheEndComesBeforeIt() {
        let mailbox = TransactionMailbox<Int>()
        mailbox.deliver(1)
        mailbox.deliver(2)
        mailbox.close()
        #expect(all(of: mailbox) == [1, 2])
    }

    @Test func nothingIsTakenAfterTheEnd() {
        let mailbox = TransactionMailbox<Int>()
        mailbox.close()
        #expect(!mailbox.deliver(1))
        #expect(all(of: mailbox).isEmpty && mailbox.takeRest().isEmpty)
    }

    @Test func whatIsAbandonedIsNotGiven() {
        let mailbox = TransactionMailbox<Int>()
        mailbox.deliver(1)
        mailbox.abandon()
        #expect(all(of: mailbox).isEmpty && mailbox.takeRest().isEmpty)
    }

    @Test func whatWasDeliveredBeforeTheReignEndedIsLeftForTheSession() {
        let mailbox = TransactionMailbox<Int>()
        mailbox.deliver(1)
        mailbox.end()
        #expect(!mailbox.deliver(2))
        #expect(all(of: mailbox).isEmpty)
        #expect(Array(mailbox.takeRest()) == [1])
    }
}
