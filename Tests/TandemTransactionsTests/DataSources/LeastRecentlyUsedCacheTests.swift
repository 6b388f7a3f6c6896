import Testing

@testable import TandemTransactions

@Suite struct LeastRecentlyUsedCacheTests {
    @Test func theLeastRecentlyUsedLeaves() {
        var cache = LeastRecentlyUsedCache<String, Int>(capacity: 2)
        #expect(cache.insert(1, for: "a") == nil)
        #expect(cache.insert(2, for: "b") == nil)
        #expect(cache.use("a") == 1)
        #expect(cache["b"] == 2, "being looked at is no use")
        #expect(cache.insert(3, for: "c") == 2)
        #expect(cache.use("b") == nil && cache.use("a") == 1 && cache.use("c") == 3)
        #expect(cache.insert(4, for: "a") == 1, "the one before it leaves, and nobody else")
        #expect(cache.removeAll().sorted() == [3, 4])
    }

    @Test func whatIsNotThereCannotBeSet() {
        var cache = LeastRecentlyUsedCache<String, Int>(capacity: 2)
        cache["a"] = 1
        #expect(cache["a"] == nil)
        _ = cache.insert(1, for: "a")
        cache["a"] = 2
        #expect(cache.remove("a") == 2)
    }

    @Test func withoutCapacityNothingIsKept() {
        var cache = LeastRecentlyUsedCache<String, Int>(capacity: 0)
        #expect(cache.insert(1, for: "a") == 1)
        #expect(cache.use("a") == nil)
    }
}
