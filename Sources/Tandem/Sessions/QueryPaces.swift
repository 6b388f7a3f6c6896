/// The paces of the query strings that a session has sent lately: each is parsed anew, but not each is a new one.
struct QueryPaces {
    private static let capacity = 32
    private static let maximumLength = 1024
    private var paces: [String: StatementPace] = [:]

    mutating func pace(of sql: String) -> StatementPace {
        if let known = paces[sql] { return known }
        let pace = StatementPace()
        guard sql.utf8.count <= Self.maximumLength else { return pace }
        // Texts with values in them never come again: they all go now and then.
        if paces.count >= Self.capacity { paces.removeAll(keepingCapacity: true) }
        paces[sql] = pace
        return pace
    }
}
