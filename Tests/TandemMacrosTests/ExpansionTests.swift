import Testing

/// What the macro makes of a method's body, as text.
@Suite struct ExpansionTests {
    /// The bodies that the compiler is given, without the brace around each.
    private func bodies(_ source: String) async throws -> [String] {
        let answer = try await TypeCheck.run("import TandemMacros\n" + source)
        #expect(answer.isAccepted, "\(answer.output)")
        return answer.expansions.filter { $0.hasPrefix("{") }
            .map { $0.dropFirst().dropLast() }
            .map { body in body.split(separator: "\n").map { $0.trimmed }.joined(separator: "\n") }
    }

    @Test func aMethodsBodyBecomesATransactionNamedAfterIt() async throws {
        let bodies = try await bodies(
            """
            struct BookService {
                let database: Database
                @Transactional(propagation: .requiresNew, timeout: .seconds(2))
                func rename(to title: String, _ id: Int) async throws -> Int {
                    let count = 1
                    return count
                }
            }
            """)
        #expect(
            bodies == [
                """
                return try await database.transaction(propagation: .requiresNew, timeout: .seconds(2), \
                name: "BookService.rename(to:_:)", fileID: "Source/Source.swift", line: 5) { () async throws -> Int in
                let count = 1
                return count
                }
                """
            ])
    }

    @Test func aGivenNameStays() async throws {
        let bodies = try await bodies(
            """
            struct Service {
                let database: Database
                @Transactional(name: "audit")
                func note() async throws {}
            }
            """)
        #expect(
            bodies == [
                """
                return try await database.transaction(name: "audit", fileID: "Source/Source.swift", line: 5) \
                { () async throws -> Void in
                }
                """
            ])
    }

    @Test func aTypesAttributeIsTheDefaultOfItsMethods() async throws {
        let bodies = try await bodies(
            """
            enum Shop {}
            extension Shop {
                @Transactional(methods: .all, readOnly: true)
                struct Reports {
                    let database: Database
                    func all() async throws {}
                    @Transactional
                    func own() async throws {}
                    private func inner() async throws {}
                    func count() -> Int { 1 }
                }
            }
            """)
        #expect(bodies.count == 2)
        #expect(bodies.contains { $0.contains(#"transaction(readOnly: true, name: "Shop.Reports.all()","#) })
        #expect(bodies.contains { $0.contains(#"transaction(name: "Shop.Reports.own()","#) })
    }

    @Test func aTypesAttributeCanBeForItsPublicMethodsOnly() async throws {
        let bodies = try await bodies(
            """
            @Transactional(methods: .public)
            public struct Reports {
                let database: Database
                public func all() async throws {}
                func inner() async throws {}
            }
            """)
        #expect(bodies.count == 1)
        #expect(bodies.first?.contains(#"transaction(name: "Reports.all()","#) == true)
    }
}

extension Substring {
    fileprivate var trimmed: Substring { drop { $0 == " " } }
}
