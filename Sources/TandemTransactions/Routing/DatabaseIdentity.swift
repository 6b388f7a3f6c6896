/// Which database it is, and the order of its commits.
struct DatabaseIdentity: Sendable {
    /// Its name in sessions.
    let name: String
    let primary: any DataSource

    /// Whether the position may be one of this database: a cookie may have been set when its engine was another one, and a
    /// data source may know what its servers are only when one has answered.
    func understands(_ position: CommitPosition) -> Bool {
        position.isUnknown || position.engine == primary.engine || primary.isReached(position, by: position) ?? false
    }

    /// The position that includes all of `positions`; those that mean nothing here are passed over.
    func latest(of positions: [CommitPosition]) -> CommitPosition? {
        var latest: CommitPosition?
        for position in positions where understands(position) {
            latest = latest.map { $0.engine == position.engine ? primary.latest($0, position) : position } ?? position
        }
        return latest
    }
}
