import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct PostgresDataSourceTests {
    @Test func passwordIsNeverShown() throws {
        let source = try PostgresDataSource("postgresql://me:s3cret@db-1:5433,db-2/study?sslmode=require")
        var dumped = ""
        dump(source, to: &dumped)
        for text in ["\(source)", String(reflecting: source), source.name, dumped] { #expect(!text.contains("s3cret")) }
        #expect(source.name == "db-1:5433,db-2:5432")
    }

    @Test(arguments: [
        "postgresql://me:s3cr%zzet@db/study", "postgresql://me:s3cret@db/study?nonsense=s3cret", "password=s3cret x",
        "postgresql://me:s3cret@[::1/study", "host=a,b hostaddr=1.1.1.1 password=s3cret",
        "host=a,b port=1,2,3 password=s3cret",
    ]) func unreadableConnectionStringIsRefusedWithoutQuotingIt(_ text: String) throws {
        let error = #expect(throws: DatabaseError.self) { _ = try PostgresDataSource(text) }
        #expect(error?.code == .invalidValue)
        #expect(error.map { !"\($0)".contains("s3c") } ?? false, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("postgresql://h/d", "h:5432"), ("postgres://h1,h2:7/d", "h1:5432,h2:7"), ("host=h port=9", "h:9"),
        ("host=a,b port=9", "a:9,b:9"), ("hostaddr=127.0.0.1", "127.0.0.1:5432"), ("tandem://n:7432/d", "n:7432"),
    ]) func hostsAreReadAsLibpqReadsThem(_ text: String, _ name: String) throws {
        #expect(try PostgresDataSource(text).name == name)
    }

    @Test func tandemSchemeNamesTheEngine() throws {
        #expect(try PostgresDataSource("tandem://n/d").engine == .tandem)
        #expect(try PostgresDataSource("tandem://n/d").writers == .one)
        #expect(try PostgresDataSource("postgresql://n/d").engine == .postgresql)
        #expect(try PostgresDataSource("postgresql://n/d").writers == .many)
    }

    @Test func wrongPasswordIsAccessDenied() async throws {
        let pair = try await Bed.pair
        let source = try PostgresDataSource("postgresql://tandem:wrong@\(pair.primary.address)/tandem")
        let error = try await failure { _ = try await source.connect(to: .primary, deadline: Bed.soon) }
        #expect(error.code == .accessDenied)
        #expect(error.sqlState == "28P01")
        #expect(!"\(error)".contains("wrong"))
    }

    @Test func closedPortIsAConnectionLost() async throws {
        let source = try PostgresDataSource("postgresql://u@127.0.0.1:\(try FreePort.next())/d")
        let error = try await failure { _ = try await source.connect(to: nil, deadline: Bed.soon) }
        #expect(error.code == .connectionLost)
        #expect(error.isRetriable)
    }

    @Test func roleIsFoundAmongHostsInAnyOrder() async throws {
        let pair = try await Bed.pair
        let hosts = [pair.replica.address, "127.0.0.1:\(try FreePort.next())", pair.primary.address]
        let source = try PostgresDataSource("postgresql://tandem:tandem@\(hosts.joined(separator: ","))/tandem")
        for _ in 1...2 {
            let primary = try await source.connect(to: .primary, deadline: Bed.soon)
            #expect(primary.server == pair.primary.address)
            let replica = try await source.connect(to: .replica, deadline: Bed.soon)
            #expect(replica.server == pair.replica.address)
            await primary.close()
            await replica.close()
        }
        let single = try PostgresDataSource(pair.primary.url)
        let error = try await failure { _ = try await single.connect(to: .replica, deadline: Bed.soon) }
        #expect(error.code == .noServer)
        #expect(error.message.contains("\(pair.primary.address) is a primary"))
    }

    @Test func positionsAreComparedAsNumbers() throws {
        let source = try PostgresDataSource("postgresql://h/d")
        func reached(_ engine: Engine, _ wanted: String, _ reached: String) -> Bool? {
            source.isReached(CommitPosition(engine, wanted), by: CommitPosition(engine, reached))
        }
        #expect(reached(.postgresql, "0/FF", "0/100") == true)
        #expect(reached(.postgresql, "0/FF", "0/FF") == true)
        #expect(reached(.postgresql, "1/0", "0/FFFFFFFF") == false)
        #expect(reached(.postgresql, "x", "0/1") == nil)
        #expect(reached(.tandem, "3@a:9", "4@b:10") == true)
        #expect(reached(.tandem, "3@a:10", "4@b:9") == false)
        #expect(reached(.mariadb, "0-1-1", "0-1-1") == nil)
        #expect(source.isReached(CommitPosition(.tandem, "1@a:1"), by: CommitPosition(.postgresql, "0/1")) == nil)
    }

    @Test func connectionsAreClosedWithTheirSessions() async throws {
        let connection = try await Bed.connection()
        let process = try #require(
            try await connection.value("SELECT pg_backend_pid()").flatMap { Int64(sqlValue: $0) })
        await connection.close()
        #expect(!connection.isUsable)
        let pair = try await Bed.pair
        try await eventually {
            try await pair.primary.value("SELECT count(*) FROM pg_stat_activity WHERE pid = \(process)") == "0"
        }
    }
}
