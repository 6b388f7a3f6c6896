import TandemTransactions
import Testing

@testable import TandemPostgres

@Suite struct StatementCacheTests {
    private func key(_ sql: String) -> StatementCache.Key { StatementCache.Key(sql: sql, types: []) }

    @Test func statementIsPreparedAtItsSecondUse() {
        var cache = StatementCache(capacity: 2)
        #expect(cache.used(key("a")) == .unprepared)
        #expect(cache.used(key("a")) == .preparing(name: "s1"))
        cache.prepared(key("a"), as: "s1")
        #expect(cache.used(key("a")) == .prepared(name: "s1", binary: false))
        cache.described(key("a"), columns: ResultRow.Columns(["x"]), isBinary: true)
        #expect(cache.used(key("a")) == .prepared(name: "s1", binary: true))
        #expect(cache.columns(of: key("a"))?.names == ["x"])
    }

    @Test func leastRecentlyUsedLeavesFirst() {
        var cache = StatementCache(capacity: 2)
        for sql in ["a", "b"] {
            _ = cache.used(key(sql))
            _ = cache.used(key(sql))
            cache.prepared(key(sql), as: sql)
        }
        _ = cache.used(key("a"))
        _ = cache.used(key("c"))
        #expect(cache.takeEvicted() == ["b"])
        #expect(cache.evicted.isEmpty)
        #expect(cache.used(key("a")) == .prepared(name: "a", binary: false))
    }

    @Test func serverNeverKeepsMoreThanTwiceTheCapacity() {
        var cache = StatementCache(capacity: 3)
        var kept = 0
        for number in 0..<100 {
            for _ in 0..<2 {
                guard case .preparing(let name) = cache.used(key("\(number)")) else { continue }
                cache.prepared(key("\(number)"), as: name)
                kept += 1
            }
        }
        #expect((4...6).contains(kept), "\(kept)")
        #expect(cache.takeEvicted().count <= 6)
    }

    @Test func invalidStatementIsPreparedUnderANewName() {
        var cache = StatementCache(capacity: 2)
        _ = cache.used(key("a"))
        _ = cache.used(key("a"))
        cache.prepared(key("a"), as: "s1")
        cache.becameInvalid(key("a"))
        #expect(cache.evicted == ["s1"])
        #expect(cache.used(key("a")) == .preparing(name: "s2"))
    }
}
