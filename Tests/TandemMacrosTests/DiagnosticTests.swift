import Testing

/// What the macro says where it cannot be used, and how it offers to mend it.
@Suite struct DiagnosticTests {
    private static let reason = ": a transaction waits for its server, and can fail for reasons of its own"

    /// A method that lacks something, what is said of it, what is offered, and what the method's signature would become.
    struct Lack: CustomTestStringConvertible {
        var method: String
        var message: String
        var offer: String
        var signature: String
        var testDescription: String { method }
    }

    @Test(arguments: [
        Lack(
            method: "func count() -> Int { 1 }", message: "@Transactional needs 'count' to be 'async throws'" + reason,
            offer: "add 'async throws'", signature: "() async throws -> Int"),
        Lack(
            method: "func note() async {}", message: "@Transactional needs 'note' to be 'throws'" + reason,
            offer: "add 'throws'", signature: "() async throws"),
        Lack(
            method: "func find() async throws(CancellationError) -> Int { 1 }",
            message: "@Transactional needs 'find' 'throws' without a type" + reason, offer: "remove the type",
            signature: "() async throws -> Int"),
        Lack(
            method: "func each(_ body: () throws -> Void) async rethrows { try body() }",
            message: "@Transactional needs 'each' 'throws' instead of 'rethrows'" + reason, offer: "write 'throws'",
            signature: "(_ body: () throws -> Void) async throws"),
    ])
    func aMethodThatCannotBeATransactionIsOfferedWhatItLacks(_ lack: Lack) async throws {
        let answer = try await check(lack.method)
        #expect(answer.output.contains("error: \(lack.message)"), "\(answer.output)")
        #expect(answer.output.contains("note: \(lack.offer)"), "\(answer.output)")
        // The compiler shows what a fix-it puts in below the line that it is for.
        let lines = answer.output.split(separator: "\n").map { $0.drop { $0 == " " } }
        #expect(lines.contains { $0 == lack.signature }, "\(answer.output)")
    }

    /// The error was one inside of what the macro had made.
    @Test func aResultWithoutANameIsRefused() async throws {
        let answer = try await check("func all() async throws -> [some Equatable] { [1] }")
        #expect(
            answer.output.contains(
                """
                error: @Transactional needs the type that 'all' returns: write it, or 'any' instead of 'some', for the \
                closure of a transaction cannot return '[some Equatable]'
                """), "\(answer.output)")
    }

    @Test func anInitializerIsRefused() async throws {
        let answer = try await check("init(_ database: Database) async throws { self.database = database }")
        #expect(
            answer.output.contains(
                """
                error: @Transactional cannot be applied to an initializer, which has no 'self' to run a transaction \
                with; use a static method that makes the value
                """), "\(answer.output)")
    }

    private func check(_ member: String) async throws -> TypeCheck.Answer {
        let answer = try await TypeCheck.run(
            """
            import TandemMacros
            struct Service {
                let database: Database
                @Transactional
                \(member)
            }
            """)
        #expect(!answer.isAccepted)
        return answer
    }
}
