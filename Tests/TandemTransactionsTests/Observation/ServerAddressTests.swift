import Testing

@testable import TandemTransactions

@Suite struct ServerAddressTests {
    @Test(arguments: [
        ("db-1:7432", "db-1", 7432 as Int?), ("127.0.0.1:5432", "127.0.0.1", 5432), ("[::1]:5432", "::1", 5432),
        ("::1", "::1", nil), ("db-1", "db-1", nil), ("/run/postgresql", "/run/postgresql", nil),
    ])
    func aServersNameIsTakenApart(server: String, host: String, port: Int?) {
        let parts = ServerAddress.parts(of: server)
        #expect(parts.host == host && parts.port == port)
    }
}
