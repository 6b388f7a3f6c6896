import PostgresWire

extension GroupChange {
    /// ALTER SYSTEM PROMOTE [ACCEPT DATA LOSS], ALTER SYSTEM SWITCH OVER TO 'host:port'; the words before are read.
    init(parsing words: inout WordCursor) throws(PostgresError) {
        switch words.next() {
        case "promote":
            var acceptsDataLoss = false
            if words.skip("accept") {
                guard words.skip("data"), words.skip("loss") else { throw words.syntaxError() }
                acceptsDataLoss = true
            }
            guard words.peek == nil else { throw words.syntaxError() }
            self = .promotion(acceptsDataLoss: acceptsDataLoss)
        case "switch":
            guard words.skip("over"), words.skip("to"), words.peek != nil else { throw words.syntaxError() }
            self = .switchOver(to: words.value())
        default: throw words.syntaxError()
        }
    }
}
