import PostgresWire

/// What a command says of an error.
enum ErrorWords {
    static func text(_ error: any Error) -> String {
        (error as? PostgresError)?.message ?? String(describing: error)
    }
}
