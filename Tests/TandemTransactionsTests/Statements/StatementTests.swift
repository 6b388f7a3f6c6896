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

    @Test(
        arguments: [
            (Statement("SELECT 'it''s'"), nil), ("SELECT \(1), '\(raw: "x")'", nil),
            ("SELECT * FROM t WHERE a LIKE '%\("x")%'", "a string in single quotes"),
            ("SELECT 'it''s', '\(1)'", "a string in single quotes"), ("SELECT 'a' || \(1) || 'b'", nil),
            ("SELECT \"\("x")\" FROM t", "a quoted name"), ("SELECT `\("x")` FROM t", "a quoted name"),
            ("SELECT 1 -- not \(1)", "a comment"), ("SELECT 1 /* it's */, \(1)", nil),
            ("SELECT 1 -- it's\n, \(1)", nil), ("SELECT /* \(1) */ 1", "a comment"), ("SELECT 2 - \(1) -\(1)", nil),
            // What only some engines take for quotation.
            ("SELECT '\\', \(1), '", nil), ("SELECT $$it's$$, \(1)", nil), ("SELECT [it's], \(1)", nil),
            ("SELECT 1 # it's\n, \(1)", nil), ("SELECT \(identifier: "it's"), \(1)", nil),
        ] as [(Statement, String?)]) func aParameterInsideOfQuotesIsRefused(statement: Statement, place: String?)
    {
        guard let place else {
            #expect(throws: Never.self) { try statement.checkParameters() }
            return
        }
        let error = #expect(throws: DatabaseError.self) { try statement.checkParameters() }
        #expect(error?.code == .invalidStatement)
        #expect(
            error?.message.contains("parameter 1 stands inside of \(place)") == true, "\(String(describing: error))")
    }

    /// It was written as NULL.
    @Test func aDocumentThatIsNoJSONIsRefused() {
        let statement: Statement = "INSERT INTO t VALUES (\(JSON(["a": 1.5])), \(JSON<[Double]>?.some(JSON([.nan]))))"
        let error = #expect(throws: DatabaseError.self) { try statement.checkParameters() }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains("parameter 2") == true, "\(String(describing: error))")
        let other: Statement = "INSERT INTO t VALUES (\(JSON(["a": 1.5])), \(JSON<[Double]>?.none))"
        #expect(throws: Never.self) { try other.checkParameters() }
    }

    @Test(arguments: [
        ("SELECT 1", true, false), ("  \n select 1", true, false), ("VALUES (1)", true, false),
        ("INSERT INTO t VALUES (1)", false, false), ("WITH x AS (DELETE FROM t) SELECT 1", false, false),
        ("-- report\nSELECT 1", true, false), ("/* report */ (SELECT 1)", true, false),
        ("WITH x AS (SELECT 1) SELECT * FROM x", true, false), ("EXPLAIN SELECT 1", true, false),
        ("EXPLAIN ANALYZE DELETE FROM t", false, false), ("CALL f()", false, true),
        ("SET search_path = x", false, true), ("CREATE TEMP TABLE t (x)", false, true), ("", false, true),
    ]) func theFirstWordTellsWhatAStatementMayDo(sql: String, isSurelyReading: Bool, mayChangeSession: Bool) {
        #expect(Statement(sql).isSurelyReading == isSurelyReading)
        #expect(Statement(sql).mayChangeSession == mayChangeSession)
    }

    @Test(arguments: [
        ("SELECT a FROM b WHERE c = 1", false), ("SELECT f()", true), ("SELECT a INTO b FROM c", true),
        ("TABLE b", false),
    ]) func whatMayCallFunctionsIsToldByItsBrackets(sql: String, may: Bool) {
        #expect(Statement(sql).mayCallFunctions == may)
    }
}
