import Testing

@testable import TandemMariaDB

struct StatementTraitsTests {
    @Test(arguments: [
        ("SELECT 1", "select", false, false), (" \n(select 1)", "select", false, false),
        ("/* a */ -- b\n# c\nUPDATE t SET a = 1", "update", false, false),
        ("SELECT @@sql_mode", "select", false, false),
        ("SELECT @a", "select", true, false), ("SET a = 1", "set", true, false), ("CALL p()", "call", true, false),
        ("SELECT GET_LOCK('a', 1)", "select", true, false), ("CREATE TABLE t (i INT)", "create", false, true),
        ("CREATE TEMPORARY TABLE t (i INT)", "create", true, false), ("LOCK TABLES t READ", "lock", true, true),
        ("", "", true, false), ("/* open", "", true, false), ("SAVEPOINT a", "savepoint", false, false),
    ]) func wordsTellWhatAStatementDoes(sql: String, firstWord: String, leavesTraces: Bool, commits: Bool) {
        let traits = StatementTraits(sql)
        #expect(traits.firstWord == firstWord)
        #expect(traits.mayLeaveTraces == leavesTraces)
        #expect(traits.commitsImplicitly == commits)
    }

    @Test(arguments: [
        ("SELECT * FROM t WHERE a IN (1, 2)", true), ("(SELECT COUNT(*) FROM t)", true), ("SELECT -(a) FROM t", true),
        ("WITH n AS (SELECT 1) SELECT * FROM n", true), ("SELECT MAX (a) FROM t", true), ("SHOW TABLES", true),
        ("SELECT f(1)", false), ("SELECT COUNT(*), f (1) FROM t", false), ("SELECT `f`(1)", false),
        ("SELECT f/* a */(1)", false), ("SELECT other.f(1)", false), ("SELECT NEXTVAL(s)", false),
        ("SELECT @a := 1", false), ("INSERT INTO t VALUES (1) RETURNING *", false), ("DELETE FROM t", false),
    ]) func onlyQueriesThatCallNothingOfTheDatabasesOwnMayBeRepeated(sql: String, mayBeRepeated: Bool) {
        #expect(StatementTraits(sql).mayBeRepeated == mayBeRepeated)
    }
}
