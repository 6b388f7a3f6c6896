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

    @Test func leastRecentlyUsedStatementLeaves() {
        var cache = StatementCache<Int>(capacity: 2)
        #expect(cache.insert(1, for: "a") == nil)
        #expect(cache.insert(2, for: "b") == nil)
        #expect(cache.statement("a") == 1)
        #expect(cache.insert(3, for: "c") == 2)
        #expect(cache.statement("b") == nil && cache.statement("a") == 1 && cache.statement("c") == 3)
        #expect(cache.removeAll().sorted() == [1, 3])
        var none = StatementCache<Int>(capacity: 0)
        #expect(none.insert(1, for: "a") == 1)
    }
}
