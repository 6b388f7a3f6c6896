import TandemMariaDB
import TandemTransactions
import Testing

struct MariaDBDataSourceTests {
    @Test(arguments: [
        ("mariadb://u:p@h/d", "h:3306"), ("mysql://u@h1:1,h2:2,h3/d", "h1:1,h2:2,h3:3306"), ("mariadb://h", "h:3306"),
        ("mariadb://u:p%40%3A%2F@[::1]:77/d?sslMode=trust", "[::1]:77"), ("mariadb://u:p@w@h:5/", "h:5"),
        ("mariadb://h/d?sslCA=%2Fetc%2Fca.pem&tlsVersion=TLSv1.3", "h:3306"),
    ]) func hostsAreReadFromTheURL(url: String, name: String) throws {
        let source = try MariaDBDataSource(url)
        #expect(source.name == name)
        #expect(source.engine == .mariadb && source.writers == .many)
        #expect("\(source)" == "MariaDBDataSource(\(name))")
    }

    @Test(arguments: [
        "postgresql://secret@h/d", "secret", "mariadb://u:secret@/d", "mariadb://u:secret@h:0/d",
        "mariadb://u:secret@h:99999/d", "mariadb://u:secret@h:x/d", "mariadb://u:secret@h,,i/d",
        "mariadb://u:secret%zz@h/d", "mariadb://h/d?sslMode=secret", "mariadb://h/d?secret=1",
        "mariadb://[::1]secret/d",
    ]) func unreadableURLIsRefusedWithoutQuotingIt(url: String) throws {
        let error = #expect(throws: DatabaseError.self) { try MariaDBDataSource(url) }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(arguments: [
        ("0-1-5", "0-1-5", true), ("0-1-5", "0-2-6", true), ("0-1-5", "0-1-4", false), ("0-1-5", "", false),
        ("", "", true), ("0-1-5,3-1-2", "0-1-9,3-1-1", false), ("0-1-5,3-1-2", "3-7-2,0-1-9", true),
        ("3-1-1", "0-1-9", false), ("0-1-18446744073709551615", "0-1-18446744073709551615", true),
        ("0-1", "0-1-1", nil),
        ("0-1-1", "x", nil), ("0-1-18446744073709551616", "0-1-1", nil), ("0-1-1,", "0-1-1", nil),
    ]) func positionsAreComparedByDomainAndSequence(wanted: String, reached: String, result: Bool?) throws {
        let source = try MariaDBDataSource("mariadb://h")
        #expect(source.isReached(CommitPosition(.mariadb, wanted), by: CommitPosition(.mariadb, reached)) == result)
        #expect(source.isReached(CommitPosition(.postgresql, wanted), by: CommitPosition(.mariadb, reached)) == nil)
    }

    /// A session that writes in two domains must see both again.
    @Test(arguments: [
        ("0-1-5", "0-1-7", "0-1-7"), ("0-1-7", "0-2-5", "0-1-7"), ("0-1-5", "1-1-3", "0-1-5,1-1-3"),
        ("0-1-5,1-1-3", "1-2-4", "0-1-5,1-2-4"),
    ]) func theLatestPositionIncludesBoth(first: String, second: String, latest: String) throws {
        let source = try MariaDBDataSource("mariadb://h/d")
        let position = source.latest(CommitPosition(.mariadb, first), CommitPosition(.mariadb, second))
        #expect(position == CommitPosition(.mariadb, latest))
    }
}
