import TandemTransactions
import Testing

/// A session in a program that has more databases than one.
@Suite struct SessionOfTwoDatabasesTests {
    private let stock = LaggingServers("stock-")
    private let orders = LaggingServers("orders-")

    private func read(_ database: Database) async throws -> String? {
        try await database.transaction(readOnly: true) {
            _ = try await database.query("READ")
            return Transaction.current?.server
        }
    }

    private func write(_ database: Database) async throws {
        try await database.transaction { try await database.execute("WRITE") }
    }

    @Test func eachDatabaseHasAPositionOfItsOwn() async throws {
        let (stock, orders) = (stock.database(.init(name: "stock")), orders.database(.init(name: "orders")))
        let text = try await DatabaseSession.with { session in
            for _ in 1...3 { try await write(stock) }
            try await write(orders)
            #expect(session.position(in: stock)?.text == "3")
            #expect(session.position(in: orders)?.text == "1")
            return session.positions.description
        }
        #expect(text == "orders=counting:1 stock=counting:3")
        self.orders.catchUp()
        let positions = try #require(SessionPositions(text))
        try await DatabaseSession.with(positions: positions) { _ in
            let servers = [try await read(stock), try await read(orders)]
            #expect(servers == ["stock-primary", "orders-replica"])
        }
    }

    @Test func twoOfTheSameNameAreRefusedBeforeAnythingIsDone() async throws {
        let (stock, orders) = (stock.database(), orders.database())
        try await DatabaseSession.with { session in
            try await write(stock)
            let position = session.position(in: stock)
            for reads in [true, false] {
                let error = await #expect(throws: DatabaseError.self) {
                    if reads { _ = try await read(orders) } else { try await write(orders) }
                }
                #expect(error?.code == .invalidConfiguration)
                #expect(error?.message.contains("Database.Configuration(name:)") == true)
            }
            #expect(session.position(in: stock) == position)
            // Another instance of the same one is the same.
            try await write(self.stock.database())
            #expect(session.position(in: stock)?.text == "2")
        }
        // Elsewhere it is of no matter.
        try await write(orders)
    }

    @Test func aPositionOfAnotherEngineIsPassedOver() async throws {
        let positions = try #require(SessionPositions("main=postgresql:0/16B3748"))
        let stock = stock.database()
        try await DatabaseSession.with(positions: positions) { session in
            #expect(try await read(stock) == "stock-replica")
            try await write(stock)
            #expect(session.positions.description == "main=counting:1")
        }
    }

    @Test(arguments: ["a", "=", "a=", "a=b", "a=b:c=d", "a%=b:c", "=%ZZ"])
    func whatIsNotTheTextOfPositionsIsRefused(text: String) { #expect(SessionPositions(text) == nil) }

    @Test func textOfPositionsIsReadAgain() throws {
        for text in ["", "main=mariadb:0-1-5,1-1-7", "a%20%3D%25=x:%20y%3D b=tandem:1@f:5 b=tandem:1@f:6"] {
            #expect(try #require(SessionPositions(text)).description == text)
        }
    }
}
