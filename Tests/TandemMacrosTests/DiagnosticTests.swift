import SwiftSyntaxMacrosGenericTestSupport
import Testing

/// What the macro says where it cannot be used, and how it offers to mend it.
@Suite struct DiagnosticTests {
    private static let reason = ": a transaction waits for its server, and can fail for reasons of its own"

    @Test func aSynchronousMethodIsOfferedBothEffects() {
        expand(
            """
            @Transactional
            func count() -> Int {
                1
            }
            """,
            """
            func count() -> Int {
                1
            }
            """,
            says: [
                DiagnosticSpec(
                    message: "@Transactional needs 'count' to be 'async throws'" + Self.reason, line: 2, column: 6,
                    fixIts: [FixItSpec(message: "add 'async throws'")])
            ],
            fixed: """
                @Transactional
                func count() async throws -> Int {
                    1
                }
                """)
    }

    @Test func aMethodThatDoesNotThrowIsOfferedThrows() {
        expand(
            """
            @Transactional
            func note() async {
            }
            """,
            """
            func note() async {
            }
            """,
            says: [
                DiagnosticSpec(
                    message: "@Transactional needs 'note' to be 'throws'" + Self.reason, line: 2, column: 6,
                    fixIts: [FixItSpec(message: "add 'throws'")])
            ],
            fixed: """
                @Transactional
                func note() async throws {
                }
                """)
    }

    @Test func aTypedThrowIsRefused() {
        expand(
            """
            @Transactional
            func note() async throws(Missing) -> Int {
                1
            }
            """,
            """
            func note() async throws(Missing) -> Int {
                1
            }
            """,
            says: [
                DiagnosticSpec(
                    message: "@Transactional needs 'note' 'throws' without a type" + Self.reason, line: 2, column: 19,
                    fixIts: [FixItSpec(message: "remove the type")])
            ],
            fixed: """
                @Transactional
                func note() async throws -> Int {
                    1
                }
                """)
    }

    @Test func anInitializerIsRefused() {
        expand(
            """
            struct Service {
                @Transactional
                init() async throws {
                    print("made")
                }
            }
            """,
            """
            struct Service {
                init() async throws {
                    print("made")
                }
            }
            """,
            says: [
                DiagnosticSpec(
                    message:
                        "@Transactional cannot be applied to an initializer, which has no 'self' to run a transaction with; use a static method that makes the value",
                    line: 2, column: 5)
            ])
    }
}
