import PostgresWire

extension GroupChange {
    /// PROMOTE [ACCEPT DATA LOSS], SWITCH OVER TO 'host:port', REMOVE MEMBER 'host:port' [ACCEPT DATA LOSS]: what follows
    /// ALTER SYSTEM.
    init(parsing words: inout WordCursor) throws(PostgresError) {
        switch words.next() {
        case "promote":
            self = .promotion(acceptsDataLoss: try Self.acceptsDataLoss(&words))
        case "switch":
            guard words.skip("over"), words.skip("to") else { throw words.syntaxError() }
            self = .switchOver(to: try words.name())
            guard words.peek == nil else { throw words.syntaxError() }
        case "remove":
            guard words.skip("member") else { throw words.syntaxError() }
            self = .removal(of: try words.name(), acceptsDataLoss: try Self.acceptsDataLoss(&words))
        default: throw words.syntaxError()
        }
    }

    /// Reads the end of a statement that ends with ACCEPT DATA LOSS, or without.
    private static func acceptsDataLoss(_ words: inout WordCursor) throws(PostgresError) -> Bool {
        guard words.peek != nil else { return false }
        guard words.skip("accept"), words.skip("data"), words.skip("loss"), words.peek == nil else {
            throw words.syntaxError()
        }
        return true
    }
}
