import Testing

@testable import TandemTransactions

@Suite struct PoolConfigurationTests {
    @Test func theDefaultsAreHikariCPs() throws {
        let pool = try PoolConfiguration()
        #expect(pool == .default)
        #expect(pool.maximumSize == 10)
        #expect(pool.minimumIdle == 10)
        #expect(pool.acquireTimeout == .seconds(30))
        #expect(pool.idleTimeout == .seconds(600))
        #expect(pool.maximumLifetime == .seconds(1800))
        #expect(pool.keepAliveInterval == .seconds(120))
        #expect(pool.leakDetectionThreshold == nil)
        #expect(pool.validationTimeout == .seconds(5))
        #expect(pool.aliveBypassWindow == .milliseconds(500))
        #expect(pool.initializationFailTimeout == .seconds(1))
        #expect(pool.initialStatements.isEmpty)
    }

    @Test func theMinimumFollowsTheMaximumAndTheValidationTheAcquireTimeout() throws {
        let pool = try PoolConfiguration(maximumSize: 3, acquireTimeout: .seconds(2))
        #expect(pool.minimumIdle == 3)
        #expect(pool.validationTimeout == .seconds(2))
    }

    @Test func everySettingThatIsWrongIsNamed() {
        let error = #expect(throws: DatabaseError.self) {
            try PoolConfiguration(
                maximumSize: 0, minimumIdle: 3, acquireTimeout: .zero, shutdownGrace: .seconds(-1),
                initialStatements: ["SET work_mem = '8MB'", "BEGIN"])
        }
        #expect(error?.code == .invalidConfiguration)
        for setting in [
            "maximumSize is 0", "minimumIdle is 3", "acquireTimeout is", "shutdownGrace is",
            "initialStatements has BEGIN",
        ] {
            #expect(error?.message.contains(setting) ?? false, "\(setting) in \(error?.message ?? "")")
        }
    }

    @Test func theReplicasPoolsAreLikeThePrimarysUnlessTheyAreGivenTheirOwn() throws {
        func sizes(_ configuration: Database.Configuration) -> [Int] {
            let database = Database(
                primary: RecordingDataSource("M"), replicas: [RecordingDataSource("S"), RecordingDataSource("T")],
                configuration: configuration)
            return database.poolStatus.map(\.maximumSize)
        }
        let (small, large) = (try PoolConfiguration(maximumSize: 3), try PoolConfiguration(maximumSize: 7))
        #expect(sizes(.init(pool: small)) == [3, 3, 3])
        #expect(sizes(.init(pool: small, replicaPool: large)) == [3, 7, 7])
    }
}
