import Testing

/// What the macro makes of a source, as text.
@Suite struct ExpansionTests {
    @Test func aMethodsBodyBecomesATransactionNamedAfterIt() {
        expand(
            """
            struct BookService {
                @Transactional(propagation: .requiresNew, timeout: .seconds(2))
                func rename(to title: String, _ id: Int) async throws -> Int {
                    let count = 1
                    return count
                }
            }
            """,
            """
            struct BookService {
                func rename(to title: String, _ id: Int) async throws -> Int {
                    return try await database.transaction(propagation: .requiresNew, timeout: .seconds(2), name: "BookService.rename(to:_:)", fileID: "TestModule/test.swift", line: 3) { () async throws -> Int in
                     let count = 1
                             return count
                     }
                }
            }
            """)
    }

    @Test func aGivenNameStays() {
        expand(
            """
            @Transactional(name: "audit")
            func note() async throws {
            }
            """,
            """
            func note() async throws {
                return try await database.transaction(name: "audit", fileID: "TestModule/test.swift", line: 2) { () async throws -> Void in

                 }
            }
            """)
    }

    @Test func aTypesAttributeIsTheDefaultOfItsMethods() {
        expand(
            """
            extension Shop.BookService {
                @Transactional(methods: .all, readOnly: true)
                struct Reports {
                    func all() async throws {
                    }
                    @Transactional
                    func own() async throws {
                    }
                    private func inner() async throws {
                    }
                    func count() -> Int {
                        1
                    }
                }
            }
            """,
            """
            extension Shop.BookService {
                struct Reports {
                    func all() async throws {
                        return try await database.transaction(readOnly: true, name: "Shop.BookService.Reports.all()") { () async throws -> Void in

                         }
                    }
                    func own() async throws {
                        return try await database.transaction(name: "Shop.BookService.Reports.own()", fileID: "TestModule/test.swift", line: 7) { () async throws -> Void in

                         }
                    }
                    private func inner() async throws {
                    }
                    func count() -> Int {
                        1
                    }
                }
            }
            """)
    }

    @Test func aTypesAttributeCanBeForItsPublicMethodsOnly() {
        expand(
            """
            @Transactional(methods: .public)
            public struct Reports {
                public func all() async throws {
                }
                func inner() async throws {
                }
            }
            """,
            """
            public struct Reports {
                public func all() async throws {
                    return try await database.transaction(name: "Reports.all()") { () async throws -> Void in

                     }
                }
                func inner() async throws {
                }
            }
            """)
    }
}
