import TandemMacros
import Testing

/// The macro in all kinds of declarations. A transaction without a statement touches no server, so none is needed.
@Suite struct UseTests {
    private let service = Service(database: .unconnected)

    @Test func aMethodRunsInATransactionOfItsName() async throws {
        let seen = try await service.plain(7)
        #expect(seen == Seen(name: "UseTests.Service.plain(_:)", isReadOnly: false, argument: 7))
    }

    @Test func theArgumentsArePassedOn() async throws {
        let seen = try await service.report()
        #expect(seen.isReadOnly && seen.name == "report")
    }

    @Test func theLevelIsPassedOn() async throws {
        #expect(try await service.isolated() == .serializable)
    }

    @Test func aCallOfAnotherMethodOfTheTypeHonoursItsAttribute() async throws {
        let (outer, inner) = try await service.callsOwnMethod()
        #expect(outer.isReadOnly && !inner.isReadOnly)
        #expect(inner.name == "UseTests.Service.inNew()")
    }

    @Test func genericsEarlyReturnsAndMutationWork() async throws {
        #expect(try await service.sorted([3, 1, 2]) == [1, 2, 3])
        #expect(try await service.early(true) == nil)
        #expect(try await service.early(false) == 9)
        var copy = service
        try await copy.increase()
        #expect(copy.count == 1)
    }

    @Test func aMethodIsRunAgainWhereItSaysSo() async throws {
        var copy = service
        let seen = try await copy.again()
        #expect(seen.name == "UseTests.Service.again()")
        #expect(copy.count == 2)
    }

    @Test func errorsAreThrownThrough() async throws {
        await #expect(throws: Missing.self) { try await service.fails() }
    }

    @Test func actorsClassesAndExtensionsWork() async throws {
        #expect(try await Counter(database: .unconnected).next() == 1)
        #expect(try await Base(database: .unconnected).who() == "base")
        #expect(try await Derived(database: .unconnected).who() == "base derived")
        #expect(try await service.inExtension() == "UseTests.Service.inExtension()")
        #expect(try await OnMainActor(database: .unconnected).next() == 1)
    }

    @Test func aTypesAttributeIsTheDefaultOfItsMethods() async throws {
        let reports = Reports(database: .unconnected)
        #expect(try await reports.all().isReadOnly)
        #expect(try await !reports.own().isReadOnly)
    }
}

extension UseTests {
    struct Missing: Error {}

    struct Seen: Equatable {
        var name: String?
        var isReadOnly: Bool
        var argument = 0

        init(name: String?, isReadOnly: Bool, argument: Int = 0) {
            (self.name, self.isReadOnly, self.argument) = (name, isReadOnly, argument)
        }

        init(_ argument: Int = 0) throws {
            let transaction = try #require(Transaction.current)
            self.init(name: transaction.name, isReadOnly: transaction.isReadOnly, argument: argument)
        }
    }

    struct Service {
        let database: Database
        var count = 0

        @Transactional func plain(_ argument: Int) async throws -> Seen { try Seen(argument) }
        @Transactional(readOnly: true, name: "report") func report() async throws -> Seen { try Seen() }
        @Transactional(isolation: .serializable) func isolated() async throws -> IsolationLevel? {
            Transaction.current?.isolation
        }
        @Transactional(readOnly: true) func callsOwnMethod() async throws -> (Seen, Seen) {
            (try Seen(), try await inNew())
        }
        @Transactional(propagation: .requiresNew) func inNew() async throws -> Seen { try Seen() }
        @Transactional func sorted<Element: Comparable>(_ values: [Element]) async throws -> [Element] {
            values.sorted()
        }
        @Transactional func early(_ flag: Bool) async throws -> Int? {
            guard !flag else { return nil }
            for number in 0..<10 where number == 9 { return number }
            return 0
        }
        @Transactional mutating func increase() async throws { count += 1 }
        @Transactional(rollback: { _ in .rollback }, retry: .serializationFailures(1))
        mutating func again() async throws -> Seen {
            count += 1
            if count == 1 { throw DatabaseError(.serializationFailure, "another was faster", sqlState: "40001") }
            return try Seen()
        }
        @Transactional func fails() async throws { throw Missing() }
    }

    actor Counter {
        let database: Database
        private var count = 0
        init(database: Database) { self.database = database }
        @Transactional func next() async throws -> Int {
            count += 1
            await Task.yield()
            return count
        }
    }

    @MainActor final class OnMainActor {
        let database: Database
        private var count = 0
        init(database: Database) { self.database = database }
        @Transactional func next() async throws -> Int {
            MainActor.assertIsolated()
            count += 1
            return count
        }
    }

    class Base: @unchecked Sendable {  // It has no state of its own.
        let database: Database
        init(database: Database) { self.database = database }
        @Transactional func who() async throws -> String { "base" }
    }

    final class Derived: Base, @unchecked Sendable {
        @Transactional(propagation: .nested) override func who() async throws -> String {
            try await super.who() + " derived"
        }
    }

    @Transactional(methods: .all, readOnly: true)
    struct Reports {
        let database: Database
        func all() async throws -> Seen { try Seen() }
        @Transactional func own() async throws -> Seen { try Seen() }
    }
}

extension UseTests.Service {
    @Transactional func inExtension() async throws -> String? { Transaction.current?.name }
}
