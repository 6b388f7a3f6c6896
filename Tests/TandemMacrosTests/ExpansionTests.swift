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

    /// The name stood behind them, where the compiler does not take it.
    @Test func argumentsThatFollowTheNameFollowIt() async throws {
        let bodies = try await bodies(
            """
            struct Service {
                let database: Database
                @Transactional(
                    timeout: .seconds(2), rollback: { _ in .commit }, retry: .serializationFailures(3), freshness: .any)
                func add() async throws {}
            }
            @Transactional(methods: .all, retry: .serializationFailures(3))
            struct Reports {
                let database: Database
                func all() async throws {}
            }
            """)
        let lines = bodies.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        #expect(bodies.count == 2)
        #expect(
            lines.contains {
                $0.contains(
                    """
                    database.transaction(timeout: .seconds(2), name: "Service.add()", rollback: { _ in .commit }, \
                    retry: .serializationFailures(3), freshness: .any, fileID:
                    """)
            }, "\(lines)")
        #expect(
            lines.contains {
                $0.contains(#"transaction(name: "Reports.all()", retry: .serializationFailures(3), fileID:"#)
            }, "\(lines)")
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

    /// One of these broke the build of the whole type, and there was no way out for it.
    @Test func aTypesAttributeLeavesOutWhatCannotRunInATransaction() async throws {
        let bodies = try await bodies(
            """
            struct Failure: Error {}
            @Transactional(methods: .all)
            struct Reports {
                let database: Database
                func all() async throws {}
                func typed() async throws(Failure) {}
                func each(_ body: () throws -> Void) async rethrows { try body() }
                static func shared() async throws {}
                @NotTransactional func plain() async throws {}
                @TandemMacros.NotTransactional func plainer() async throws {}
            }
            """)
        #expect(bodies.count == 1, "\(bodies)")
        #expect(bodies.first?.contains(#"name: "Reports.all()","#) == true)
    }

    @Test func aStaticMethodTakesTheDefaultBesideAStaticDatabase() async throws {
        let bodies = try await bodies(
            """
            @Transactional(methods: .all)
            enum Reports {
                static var database: Database { fatalError() }
                static func all() async throws {}
            }
            """)
        #expect(bodies.first?.contains(#"name: "Reports.all()","#) == true)
    }

    /// It had two bodies.
    @Test func anAttributeWithTheNameOfItsModuleIsTheMethodsOwn() async throws {
        let bodies = try await bodies(
            """
            @Transactional(methods: .all, readOnly: true)
            struct Reports {
                let database: Database
                @TandemMacros.Transactional
                func own() async throws {}
            }
            """)
        #expect(bodies.count == 1)
        #expect(bodies.first?.contains(#"transaction(name: "Reports.own()","#) == true)
    }

    /// The transaction was the parameter's.
    @Test func aParameterDoesNotHideTheDatabaseOfTheType() async throws {
        let bodies = try await bodies(
            """
            struct Service {
                let database: Database
                @Transactional func copy(to database: Database) async throws {}
                @Transactional func count(_ database: String) async throws -> Int { 1 }
            }
            """)
        #expect(bodies.count == 2)
        #expect(bodies.allSatisfy { $0.hasPrefix("return try await self.database.transaction(") }, "\(bodies)")
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
