import Testing

@testable import TandemTransactions

@Suite struct StatementTests {
    @Test func interpolationsAreParametersAndNeverText() {
        let title = "'; DROP TABLE book; --"
        let statement: Statement = "UPDATE book SET title = \(title) WHERE id = \(7)"
        #expect(statement.sql(in: .numbered) == "UPDATE book SET title = $1 WHERE id = $2")
        #expect(statement.sql(in: .questionMarks) == "UPDATE book SET title = ? WHERE id = ?")
        #expect(statement.redacted == "UPDATE book SET title = … WHERE id = …")
        #expect(statement.parameters == [.text(title), .integer(7)])
    }

    @Test func listsAndStatementsKeepTheirParametersInOrder() {
        let condition: Statement = "id IN (\(list: [1, 2]))"
        let statement: Statement = "SELECT \(0) WHERE \(condition) AND x = \(3)"
        #expect(statement.sql(in: .numbered) == "SELECT $1 WHERE id IN ($2, $3) AND x = $4")
        #expect(statement.parameters == [.integer(0), .integer(1), .integer(2), .integer(3)])
        let none: Statement = "id IN (\(list: [Int]()))"
        #expect(none.sql(in: .numbered) == "id IN (NULL)")
    }

    @Test func namesAreQuotedAsTheEngineQuotesThem() {
        let statement: Statement = "SELECT \(identifier: #"a"b`c"#) \(raw: "ASC")"
        #expect(statement.sql(in: .numbered) == #"SELECT "a""b`c" ASC"#)
        #expect(statement.sql(in: .questionMarks) == #"SELECT `a"b``c` ASC"#)
    }

    @Test(arguments: [
        ("SELECT 1", true, false), ("  \n select 1", true, false), ("VALUES (1)", true, false),
        ("INSERT INTO t VALUES (1)", false, false), ("WITH x AS (DELETE FROM t) SELECT 1", false, false),
        ("SET search_path = x", false, true), ("CREATE TEMP TABLE t (x)", false, true), ("", false, true),
    ]) func theFirstWordTellsWhatAStatementMayDo(sql: String, isSurelyReading: Bool, mayChangeSession: Bool) {
        #expect(Statement(sql).isSurelyReading == isSurelyReading)
        #expect(Statement(sql).mayChangeSession == mayChangeSession)
    }
}
