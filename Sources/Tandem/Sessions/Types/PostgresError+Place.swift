import PostgresWire

extension PostgresError {
    /// The error with this place.
    func placed(_ position: Int?) -> PostgresError {
        var error = self
        error.position = position
        return error
    }

    /// The error with its place so many characters further on.
    func moved(by characters: Int) -> PostgresError {
        var error = self
        error.position = position.map { $0 + characters }
        return error
    }
}
