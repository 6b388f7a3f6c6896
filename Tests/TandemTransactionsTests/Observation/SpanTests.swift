import InMemoryTracing
import TandemTransactions
import Testing
import Tracing

/// What transactions tell the program's tracer.
@Suite struct SpanTests {
    struct Failure: Error {}

    private let tracer = InMemoryTracer()

    private func span(_ name: String) throws -> FinishedInMemorySpan {
        try #require(tracer.finishedSpans.first { $0.operationName == name })
    }

    private func routed(
        _ freshness: Freshness? = nil, answer: @escaping RecordingDataSource.Answer = { _ in StatementResult() }
    ) async throws {
        let log = RecordingDataSource.Log()
        let database = withTracer(tracer) {
            Database(
                primary: RecordingDataSource("db-1:7432", log: log),
                replicas: [RecordingDataSource("db-2:7433", lag: .milliseconds(250), log: log, answer: answer)])
        }
        try await withTracer(tracer) {
            try await database.transaction(readOnly: true, name: "Books.all", freshness: freshness) {
                _ = try await database.query("SELECT 1")
                tracer.startSpan("inside").end()
            }
        }
    }

    @Test func aTransactionSaysWhereItRanAndHowItEnded() async throws {
        try await routed()
        let span = try span("Books.all")
        #expect(span.attributes.get("db.system.name") == .string("recording"))
        #expect(span.attributes.get("tandem.transaction.read_only") == .bool(true))
        #expect(span.attributes.get("tandem.transaction.outcome") == .string("committed"))
        #expect(span.attributes.get("tandem.route.reason") == .string("least_busy"))
        #expect(span.attributes.get("server.address") == .string("db-2"))
        #expect(span.attributes.get("server.port") == .int64(74331))
        #expect(span.errors.isEmpty && tracer.activeSpans.isEmpty)
    }

    @Test func aTransactionSaysWhereItWasBegunAndWhetherItIsOne() async throws {
        let database = withTracer(tracer) { Database(primary: RecordingDataSource()) }
        try await withTracer(tracer) {
            try await database.transaction(name: "is one") { try await database.execute("INSERT") }
            try await database.transaction(propagation: .supports, name: "is none") {
                try await database.execute("INSERT")
            }
        }
        for (name, isActive) in [("is one", true), ("is none", false)] {
            let attributes = try span(name).attributes
            #expect(attributes.get("tandem.transaction.active") == .bool(isActive))
            guard case .string(let place) = attributes.get("tandem.transaction.call_site") else {
                Issue.record("no place in \(attributes)")
                continue
            }
            #expect(place.contains("SpanTests.swift:"))
        }
    }

    @Test func theSearchForAServerAndTheBodysSpansBelongToTheTransaction() async throws {
        try await routed()
        let transaction = try span("Books.all")
        #expect(try span("route").parentSpanID == transaction.spanID)
        #expect(try span("inside").parentSpanID == transaction.spanID)
    }

    @Test func aWaitForAReplicaIsTold() async throws {
        try await routed(.atLeast(CommitPosition(Engine(rawValue: "recording"), "7")))
        let route = try span("route")
        #expect(route.attributes.get("tandem.route.reason") == .string("waited"))
        guard case .double(let wait) = route.attributes.get("tandem.route.wait") else {
            Issue.record("no wait in \(route.attributes)")
            return
        }
        #expect(wait > 0)
    }

    @Test func theLagThatAReplicaHasToldIsTold() async throws {
        try await routed(.maxLag(.seconds(60)))
        #expect(try span("route").attributes.get("tandem.route.lag") == .double(0.25))
    }

    @Test func theLagIsToldThoughNoTransactionAsksForIt() async throws {
        try await routed()
        #expect(try span("route").attributes.get("tandem.route.lag") == .double(0.25))
        #expect(try span("Books.all").attributes.get("tandem.route.lag") == .double(0.25))
    }

    @Test func aFailureNamesItsErrorAndItsSQLState() async throws {
        await #expect(throws: DatabaseError.self) {
            try await routed { _ in throw DatabaseError(.uniqueViolation, "twice", sqlState: "23505") }
        }
        let span = try span("Books.all")
        #expect(span.attributes.get("error.type") == .string("uniqueViolation"))
        #expect(span.attributes.get("db.response.status_code") == .string("23505"))
        #expect(span.attributes.get("tandem.transaction.outcome") == .string("rolled_back"))
        #expect(span.status?.code == .error && span.errors.count == 1 && tracer.activeSpans.isEmpty)
    }

    @Test func aServerThatCannotBeReachedFailsItsRoute() async throws {
        let pool = try PoolConfiguration(acquireTimeout: .milliseconds(250))
        let database = withTracer(tracer) {
            Database(primary: UnreachableDataSource(), configuration: .init(pool: pool))
        }
        await #expect(throws: DatabaseError.self) {
            try await withTracer(tracer) { try await database.execute("INSERT") }
        }
        #expect(try span("route").status?.code == .error)
    }

    @Test func aJoinedCallIsNoSpanOfItsOwn() async throws {
        let database = withTracer(tracer) { Database(primary: RecordingDataSource()) }
        try await withTracer(tracer) {
            try await database.transaction(name: "outer") {
                try await database.transaction(name: "inner") { try await database.execute("INSERT") }
                try await database.transaction(propagation: .requiresNew, name: "new") {
                    try await database.execute("INSERT")
                }
            }
        }
        #expect(tracer.finishedSpans.map(\.operationName) == ["route", "route", "new", "outer"])
        #expect(try span("new").parentSpanID == span("outer").spanID)
    }

    @Test func withoutATracerThereAreNoSpans() async throws {
        let database = Database(primary: RecordingDataSource())
        try await database.transaction { try await database.execute("INSERT") }
        #expect(tracer.finishedSpans.isEmpty)
    }
}
