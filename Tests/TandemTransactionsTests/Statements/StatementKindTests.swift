import TandemTransactions
import Testing

@Suite struct StatementKindTests {
    @Test(arguments: [
        "SELECT 1", "select updated_at, inserted FROM book", "WITH recent AS (SELECT 1) SELECT * FROM recent",
        "-- of the report\nSELECT a FROM b", "SHOW TABLES", "SELECT replace(a, 'x', 'y') FROM b",
    ])
    func whatOnlyReadsMayBeCutShort(sql: String) {
        #expect(Statement(sql).mayBeCutShort)
    }

    @Test(arguments: [
        "INSERT INTO book DEFAULT VALUES RETURNING id", "update book SET a = 1 RETURNING a", "REPLACE book VALUES (1)",
        "WITH gone AS (DELETE FROM book RETURNING *) SELECT * FROM gone", "SELECT a FROM b FOR UPDATE",
        "SELECT a FROM b FOR\nSHARE", "SELECT a INTO c FROM b", "MERGE INTO a USING b ON c", "CALL f()",
    ])
    func whatWritesOrLocksMayNot(sql: String) {
        #expect(!Statement(sql).mayBeCutShort)
    }
}
