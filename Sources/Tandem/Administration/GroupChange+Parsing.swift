import PostgresWire
import TandemLog

extension GroupChange {
    /// PROMOTE [DRY] [ACCEPT DATA LOSS], SWITCH OVER TO 'host:port', REMOVE MEMBER 'host:port' [ACCEPT DATA LOSS], PRUNE LOG,
    /// MAINTENANCE ON | OFF: what follows ALTER SYSTEM.
    init(parsing words: inout WordCursor) throws(PostgresError) {
        switch words.next() {
        case "promote":
            let isDry = words.skip("dry")
            self = .promotion(acceptsDataLoss: try Self.acceptsDataLoss(&words), dry: isDry)
        case "switch":
            guard words.skip("over"), words.skip("to") else { throw words.syntaxError() }
            self = .switchOver(to: try words.name())
            guard words.peek == nil else { throw words.syntaxError() }
        case "remove":
            guard words.skip("member") else { throw words.syntaxError() }
            self = .removal(of: try words.name(), acceptsDataLoss: try Self.acceptsDataLoss(&words))
        case "prune": self = try Self.pruning(&words)
        case "maintenance":
            let isOn = words.skip("on")
            guard isOn || words.skip("off"), words.peek == nil else { throw words.syntaxError() }
            self = .maintenance(isOn: isOn)
        case "hold": self = try Self.hold(&words)
        case "release":
            guard words.peek == nil else { throw words.syntaxError() }
            self = .release
        default: throw words.syntaxError()
        }
    }

    /// LOG [BELOW 'index'] [LEAVE MEMBERS BEHIND]: what follows PRUNE.
    private static func pruning(_ words: inout WordCursor) throws(PostgresError) -> GroupChange {
        guard words.skip("log") else { throw words.syntaxError() }
        var index: LogIndex?
        if words.skip("below") {
            guard let number = UInt64(try words.name()) else { throw words.syntaxError() }
            index = LogIndex(number)
        }
        let leavesMembersBehind = words.skip("leave")
        if leavesMembersBehind {
            guard words.skip("members"), words.skip("behind") else { throw words.syntaxError() }
        }
        guard words.peek == nil else { throw words.syntaxError() }
        return .pruning(below: index, leavesMembersBehind: leavesMembersBehind)
    }

    /// [AT 'index']: what follows HOLD.
    private static func hold(_ words: inout WordCursor) throws(PostgresError) -> GroupChange {
        guard words.peek != nil else { return .hold(at: nil) }
        guard words.skip("at"), let number = UInt64(try words.name()), words.peek == nil else {
            throw words.syntaxError()
        }
        return .hold(at: LogIndex(number))
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
