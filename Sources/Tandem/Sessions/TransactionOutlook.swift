import PostgresWire

/// Whether what a client has sent leaves a transaction open: then it will have to be waited for.
///
/// A look ahead without running anything; a statement that fails only makes the transaction end earlier. A savepoint
/// counts as open, because the client decides what to do about an error behind it. The first COMMIT or ROLLBACK ends the
/// transaction, although it says AND CHAIN: what follows is another one, and asks for the writer again.
struct TransactionOutlook {
    private var isOpen: Bool
    private var hasSavepoint: Bool
    /// Whether a COMMIT or ROLLBACK has been seen.
    private var hasEnded = false
    /// Whether a Sync or the end of a query string has been seen behind the last statement.
    private var isSynchronized = false
    /// How many COPYs there are whose rows are still to come: a query string may have several.
    private var awaitedCopies = 0
    private var statements: [String: SessionStatement] = [:]
    private var portals: [String: SessionStatement] = [:]
    private let loners: LoneStatements?
    /// Whether one of its statements may end its group, or keep it waiting, so that nobody must be in it before.
    private(set) var opensGroup = false

    /// - Parameters:
    ///   - hasSavepoint: whether the open transaction has one already.
    ///   - loners: what is known of statements that open a group of their own; nil for nothing.
    init(isOpen: Bool, hasSavepoint: Bool = false, loners: LoneStatements? = nil) {
        self.isOpen = isOpen
        self.hasSavepoint = hasSavepoint
        self.loners = loners
    }

    var staysOpen: Bool { isOpen || hasSavepoint || !isSynchronized || awaitedCopies > 0 || isUnclear }

    /// So many bytes of statements are read ahead, on the event loop, where others wait.
    private static let maximumText = 64 << 10
    private var textCount = 0
    /// Whether there was more than that.
    private var isUnclear = false

    private mutating func mayRead(_ text: String) -> Bool {
        textCount += text.utf8.count
        isUnclear = isUnclear || textCount > Self.maximumText
        return !isUnclear
    }

    /// The client is sending the rows of a COPY, or is about to.
    mutating func copyBegins() { awaitedCopies += 1 }

    private mutating func copyEnds() { awaitedCopies = max(0, awaitedCopies - 1) }

    /// What a statement is looked up by: its name, or its portal's.
    typealias Lookup = (String) -> SessionStatement?

    /// - Parameter prepared: the statement that an EXECUTE names, where it was prepared before.
    mutating func see(_ statement: SessionStatement, prepared: Lookup = { _ in nil }) {
        guard !hasEnded else { return }
        note(statement, prepared: prepared)
        isSynchronized = false
        switch statement.command {
        case .begin: isOpen = true
        case .commit, .rollback:
            isOpen = false
            hasEnded = true
        case .savepoint: hasSavepoint = true
        case .copy(let copy) where copy.isFrom: copyBegins()
        default: break
        }
    }

    /// Notes whether a statement opens a group of its own.
    mutating func note(_ statement: SessionStatement, prepared: Lookup = { _ in nil }) {
        guard let loners, !opensGroup else { return }
        var run = statement
        if case .prepared(.execute(let name, _)) = statement.command { run = prepared(name) ?? statement }
        opensGroup = loners.contains(run)
    }

    mutating func see(_ statements: ArraySlice<SessionStatement>, prepared: Lookup = { _ in nil }) {
        for statement in statements { see(statement, prepared: prepared) }
        isSynchronized = true
    }

    mutating func see(
        _ action: SessionStateMachine<SessionStatement, SessionPortal>.Action, prepared: Lookup = { _ in nil }
    ) {
        switch action {
        case .execute(let portal, _, _): see(portal.statement, prepared: prepared)
        case .sync: isSynchronized = true
        case .prepare(let parse): note(parse)
        case .copyDone: copyEnds()
        default: break
        }
    }

    mutating func see(_ message: FrontendMessage, statement: Lookup, portal: Lookup) {
        switch message {
        case .query(let text):
            guard mayRead(text) else { return }
            if let run = try? QueryText.statements(text) {
                see(run[...], prepared: statement)
            } else {
                isSynchronized = true
            }
        case .parse(let parse): note(parse)
        case .bind(let bind): portals[bind.portal] = statements[bind.statement] ?? statement(bind.statement)
        case .execute(let name, _):
            if let run = portals[name] ?? portal(name) { see(run, prepared: statement) }
        // A Sync among the rows means nothing (manual, 55.2.7).
        case .sync: if awaitedCopies == 0 { isSynchronized = true }
        case .copyDone, .copyFail: copyEnds()
        default: break
        }
    }

    private mutating func note(_ parse: FrontendMessage.Parse) {
        guard mayRead(parse.query) else { return }
        statements[parse.statement] = try? QueryText.single(parse.query, parameterTypes: [])
    }
}
