import CTandemSQLite

/// What SQLite, and everything else in this process, took from the C library's allocator and gave back to it.
public enum FreedMemory {
    /// Hands it to the system; the allocator would keep it for later. Takes about a millisecond.
    public static func giveBack() { ctandem_give_memory_back() }
}
