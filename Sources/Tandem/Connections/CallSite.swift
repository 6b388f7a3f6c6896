/// Where in its sources the embedding program hands in a closure: the only thing by which one run of it can be told from
/// those of others.
struct CallSite: Sendable {
    let fileID: String
    let line: Int

    /// A number that few others share; those lose nothing but the company of their group.
    var shape: UInt64 {
        var hasher = Hasher()
        hasher.combine(fileID)
        hasher.combine(line)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
