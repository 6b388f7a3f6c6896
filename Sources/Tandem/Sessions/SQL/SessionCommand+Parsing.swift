import PostgresWire
import TandemSQLite

extension SessionCommand {
    /// Finds out what a statement is, from its words.
    ///
    /// - Throws: ``PostgresError`` with a syntax error where a statement of the session's own cannot be read.
    init(parsing words: inout WordCursor) throws(PostgresError) {
        switch words.peek {
        case nil: self = .empty
        case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release":
            self = try Self.parseTransaction(&words)
        case "set": self = try Self.parseSet(&words)
        case "show":
            words.advance()
            self = .show(try words.last { words throws(PostgresError) in try words.settingName() })
        case "reset":
            words.advance()
            let name = try words.last { words throws(PostgresError) in try words.settingName() }
            self = .reset(name == "all" ? nil : name)
        case "discard":
            words.advance()
            let object = words.next() ?? ""
            guard ["all", "plans", "sequences", "temp", "temporary"].contains(object), words.peek == nil else {
                throw words.syntaxError()
            }
            switch object {
            case "all": self = .discardAll
            case "sequences": self = .discardSequences
            default: self = .discardNothing(object.uppercased())
            }
        case "prepare": self = .prepared(try PreparedCommand.prepare(parsing: &words))
        case "execute": self = .prepared(try PreparedCommand.execute(parsing: &words))
        case "listen", "notify":
            throw PostgresError(
                code: .featureNotSupported, message: "LISTEN and NOTIFY are not supported",
                hint: "Ask for what has changed, by an indexed column of a time or a number.")
        case "comment": self = try Self.parseComment(&words)
        case "lock":
            let lock = try LockStatement(parsing: &words)
            self = lock.takesWriter ? .write(tag: LockStatement.tag) : .lockNothing
        case "deallocate":
            words.advance()
            words.skip("prepare")
            let name = try words.lastName()
            self = .deallocate(name == "all" ? nil : name)
        case "alter":
            var rest = words
            rest.advance()
            if rest.skip("system") {
                self = .alterSystem(try GroupChange(parsing: &rest))
            } else {
                self = try Self.known(Self.users(words), orOfSQLite: words)
            }
        case "create", "drop", "grant", "revoke": self = try Self.known(Self.users(words), orOfSQLite: words)
        default: self = try Self.known(Self.parseOther(&words), orOfSQLite: words)
        }
    }

    /// A statement for SQLite where it is none of ours, unless SQLite is known to have none of that kind.
    private static func known(
        _ command: SessionCommand?, orOfSQLite words: WordCursor
    ) throws(PostgresError) -> SessionCommand {
        if let command { return command }
        if let missing = MissingStatement(words) { throw missing.refusal }
        return classify(words)
    }

    private static func users(_ words: WordCursor) throws(PostgresError) -> SessionCommand? {
        var words = words
        return try UserChange(parsing: &words).map(SessionCommand.users)
    }

    static func parseModes(_ words: inout WordCursor) throws(PostgresError) -> TransactionModes {
        var modes = TransactionModes()
        while let word = words.next() {
            switch word {
            case ",": continue
            case "read":
                switch words.next() {
                case "only": modes.isReadOnly = true
                case "write": modes.isReadOnly = false
                default: throw words.syntaxError()
                }
            case "isolation":
                words.skip("level")
                let level = try parseIsolation(&words)
                modes.isolation = level
                modes.isSnapshot = level == "serializable" || level == "repeatable read"
            case "not":
                guard words.skip("deferrable") else { throw words.syntaxError() }
                modes.isDeferrable = false
            case "deferrable": modes.isDeferrable = true
            default: throw words.syntaxError()
            }
        }
        return modes
    }

    private static func parseIsolation(_ words: inout WordCursor) throws(PostgresError) -> String {
        switch words.next() {
        case "serializable": return "serializable"
        case "repeatable":
            words.skip("read")
            return "repeatable read"
        case "read":
            guard let next = words.next(), next == "committed" || next == "uncommitted" else {
                throw words.syntaxError()
            }
            return "read \(next)"
        default: throw words.syntaxError()
        }
    }

    /// `COMMENT ON object IS 'text'`
    private static func parseComment(_ words: inout WordCursor) throws(PostgresError) -> SessionCommand {
        words.advance()
        guard words.skip("on") else { throw words.syntaxError() }
        while words.peek != nil, !words.skip("is") { words.advance() }
        guard words.string() != nil || words.skip("null"), words.peek == nil else { throw words.syntaxError() }
        return .comment
    }

    private static func parseSet(_ words: inout WordCursor) throws(PostgresError) -> SessionCommand {
        words.advance()
        if words.skip("transaction") { return .setTransaction(try parseModes(&words)) }
        var isLocal = false
        if words.skip("session") {
            if words.skip("characteristics") {
                words.skip("as")
                words.skip("transaction")
                return .setCharacteristics(try parseModes(&words))
            }
        } else {
            isLocal = words.skip("local")
        }
        if words.skip("time") {
            words.skip("zone")
            return .set(name: "TimeZone", value: words.value(), isLocal: isLocal)
        }
        if words.skip("names") { return .set(name: "client_encoding", value: words.value(), isLocal: isLocal) }
        let name = try words.settingName()
        guard words.skip("=") || words.skip("to"), words.peek != nil else { throw words.syntaxError() }
        let value = words.value()
        return .set(name: name, value: value.lowercased() == "default" ? nil : value, isLocal: isLocal)
    }
}
