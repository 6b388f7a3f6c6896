import TandemMacros
import Testing

/// X14 to X17: the attribute on a type, on its methods, and on a method that is hidden.
extension AcceptanceTests {
    @Test(arguments: Engines.tested)
    func x14_aTypesAttributeIsForTheMethodsThatHaveNone(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let seen = try await AttributedBooks(test).reads()
        #expect(seen == .init(name: "AttributedBooks.reads()", isReadOnly: true, places: ["S1"]))
    }

    @Test(arguments: Engines.tested)
    func x15_aMethodsOwnAttributeReplacesTheTypes(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let seen = try await AttributedBooks(test).writes()
        #expect(seen == .init(name: "AttributedBooks.writes()", isReadOnly: false, places: ["M1", "M1"]))
        #expect(try await test.titles() == ["old", "new"])
    }

    /// Decision 3: in Spring a method that its proxy does not see has no transaction.
    @Test(arguments: Engines.tested)
    func x16x17_theAttributeOfAHiddenMethodCounts(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let seen = try await AttributedBooks(test).callsHidden()
        #expect(seen == .init(name: "AttributedBooks.hidden()", isReadOnly: true, places: ["S1"]))
    }
}

@Transactional(methods: .all, readOnly: true)
private struct AttributedBooks {
    /// What a method saw: its transaction, and where its statements ran.
    struct Seen: Equatable {
        var name: String?
        var isReadOnly: Bool?
        var isActive: Bool?
        var places: [String]

        init(name: String, isReadOnly: Bool, places: [String]) {
            (self.name, self.isReadOnly, self.isActive, self.places) = (name, isReadOnly, true, places)
        }

        init(_ places: String...) {
            let current = Transaction.current
            (name, isReadOnly, isActive) = (current?.name, current?.isReadOnly, current?.isActive)
            self.places = places
        }
    }

    let test: SingleCase
    let database: Database

    init(_ test: SingleCase) {
        self.test = test
        database = test.database
    }

    func reads() async throws -> Seen { Seen(try await test.read()) }

    @Transactional func writes() async throws -> Seen { Seen(try await test.read(2), try await test.write(2)) }

    @NotTransactional func callsHidden() async throws -> Seen { try await hidden() }

    @Transactional(readOnly: true) private func hidden() async throws -> Seen { Seen(try await test.read()) }
}
