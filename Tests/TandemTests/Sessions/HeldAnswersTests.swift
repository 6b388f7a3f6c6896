import NIOCore
import PostgresWire
import Testing

@testable import Tandem

@Suite struct HeldAnswersTests {
    private static let step = AnswerHold.step

    @Test func allAnswersTogetherAreBounded() throws {
        let answers = HeldAnswers(limit: 4 * Self.step)
        let one = AnswerHold(answers)
        try one.grow(to: 3 * Self.step)
        do {
            let other = AnswerHold(answers)
            try other.grow(to: Self.step)
            let error = #expect(throws: PostgresError.self) { try other.grow(to: 2 * Self.step) }
            #expect(error?.code == .outOfMemory)
            #expect(error?.hint?.contains("--maximum-held-answers") == true)
            withExtendedLifetime(other) { #expect(answers.byteCount == 4 * Self.step) }
        }
        #expect(answers.byteCount == 3 * Self.step, "what is gone gives back its part")
        try one.grow(to: 4 * Self.step)
    }

    @Test func shortAnswersAreNotCounted() throws {
        let answers = HeldAnswers(limit: Self.step)
        let hold = AnswerHold(answers)
        for length in [0, 1, Self.step - 1] {
            try hold.grow(to: length)
            #expect(answers.byteCount == 0)
        }
        try hold.grow(to: 2 * Self.step - 1)
        #expect(answers.byteCount == Self.step)
        try hold.grow(to: 1)
        withExtendedLifetime(hold) { #expect(answers.byteCount == Self.step) }
    }

    @Test func rowsThatAreFetchedAreHeldNoLonger() throws {
        let answers = HeldAnswers(limit: 1 << 20)
        var messages = BackendMessages()
        for _ in 0..<2 {
            messages.beginDataRow(columns: 1)
            messages.write(string: String(repeating: "x", count: Self.step))
            try messages.endDataRow()
        }
        var remaining = RemainingRows(words: "SELECT")
        let room = AnswerRoom(
            memory: answers, disk: HeldAnswers(in: .disk, limit: 0), directory: "/nowhere", maximumFiles: 1)
        try remaining.append(messages.take(), in: room)
        #expect(answers.byteCount == 2 * Self.step)
        #expect(try remaining.next(1).count == 1)
        #expect(answers.byteCount == 2 * Self.step)
        #expect(try remaining.next(1).count == 1)
        #expect(remaining.isEmpty && answers.byteCount == 0)
    }
}
