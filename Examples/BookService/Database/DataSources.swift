import TandemMariaDB
import TandemPostgres
import TandemTransactions

/// The data source that a URL stands for: all that changes where the service moves to another engine.
func dataSource(_ url: String) throws -> any DataSource {
    switch url.prefix(while: { $0 != ":" }) {
    case "tandem", "postgresql", "postgres": return try PostgresDataSource(url)
    case "mariadb", "mysql": return try MariaDBDataSource(url)
    case let scheme:
        throw DatabaseError(
            .invalidConfiguration,
            "no data source for URLs that begin with \(scheme): use tandem, postgresql or mariadb")
    }
}
