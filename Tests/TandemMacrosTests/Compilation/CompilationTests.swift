import Testing

/// What does not compile, and what the compiler says of it.
@Suite struct CompilationTests {
    private func source(handle: String, _ statement: String) -> String {
        """
        import TandemTransactions

        func use(_ database: Database) async throws {
            try await database.\(handle) { tx in
                \(statement)
            }
        }
        """
    }

    private static let writes = [
        #"try await tx.execute("DELETE FROM book")"#,
        #"_ = try await tx.execute("DELETE FROM book", returning: "id", as: Int.self)"#,
        #"try await tx.executeBatch(["DELETE FROM book"])"#,
    ]

    @Test func aReadHandleReads() async throws {
        let answer = try await TypeCheck.run(
            source(handle: "read", #"_ = try await tx.query("SELECT id FROM book", as: Int.self)"#))
        #expect(answer.isAccepted, "\(answer.output)")
    }

    @Test(arguments: writes)
    func aReadHandleHasNoMethodsThatWrite(statement: String) async throws {
        let answer = try await TypeCheck.run(source(handle: "read", statement))
        #expect(!answer.isAccepted)
        #expect(answer.output.contains("value of type 'ReadTransaction' has no member 'execute"), "\(answer.output)")
    }

    @Test(arguments: writes)
    func aWriteHandleHasThem(statement: String) async throws {
        let answer = try await TypeCheck.run(source(handle: "write", statement))
        #expect(answer.isAccepted, "\(answer.output)")
    }

    private func service(_ members: String) -> String {
        """
        import TandemMacros

        struct BookService {
            \(members)
        }
        """
    }

    @Test func aTypeWithADatabaseCanHaveTransactionalMethods() async throws {
        let answer = try await TypeCheck.run(
            service("let database: Database; @Transactional func rename() async throws {}"))
        #expect(answer.isAccepted, "\(answer.output)")
    }

    @Test(arguments: [".all", "MethodSelection.public"])
    func aTypeCanSayItForItsMethods(selection: String) async throws {
        let answer = try await TypeCheck.run(type(marked: "@Transactional(methods: \(selection), readOnly: true)"))
        #expect(answer.isAccepted, "\(answer.output)")
    }

    @Test func aSelectionThatIsNotWrittenOutIsRefused() async throws {
        let answer = try await TypeCheck.run(
            "let every = MethodSelection.all\n" + type(marked: "@Transactional(methods: every)"))
        #expect(!answer.isAccepted)
        #expect(answer.output.contains("needs 'methods: .all' or 'methods: .public'"), "\(answer.output)")
    }

    private func type(marked attribute: String) -> String {
        """
        import TandemMacros

        \(attribute) struct Reports {
            let database: Database
            public func all() async throws -> Int { 1 }
        }
        """
    }

    @Test func aTypeWithoutADatabaseIsToldWhatItNeeds() async throws {
        let answer = try await TypeCheck.run(service("@Transactional func rename() async throws {}"))
        #expect(!answer.isAccepted)
        #expect(answer.output.contains("give the type a property 'let database: Database'"), "\(answer.output)")
    }

    @Test(arguments: [
        ("func rename() throws {}", "to be 'async'"), ("func rename() async {}", "to be 'throws'"),
        ("init() async throws { database = other }", "use a static method"),
    ])
    func whatCannotBeATransactionIsToldWhy(declaration: String, words: String) async throws {
        let answer = try await TypeCheck.run(
            service("let database: Database; let other: Database; @Transactional \(declaration)"))
        #expect(!answer.isAccepted)
        #expect(answer.output.contains(words), "\(answer.output)")
    }
}
