import TandemLog

/// What is known of one table's content: an entry of ``ContentTracker``.
final class TableContent {
    let name: String
    /// What hashes depend on in the table's definition: a change of it makes the sum worthless.
    let signature: String
    /// Grows whenever the sum becomes worthless, so that what was added up before is not taken for what is asked for now.
    let generation: Int64
    var rootPage: Int64
    /// The table's text in the schema, as it was looked at last.
    var sql: String
    /// The sum of all rows; as long as ``isKnown`` is false, the sum of what changed since the generation began.
    var sum: ContentSum
    var isKnown: Bool
    /// Whether another program may have changed the rows: they are added up before anything is applied to the table, or
    /// when there is time.
    var mustBeChecked = false
    /// Grows with each reason to check, so that an earlier check does not count for a later one.
    var checkNumber = 0
    /// Since which record the table is known to differ; nil if it is not.
    var driftedAt: LogIndex?
    /// Whether the database's entry is older than this one.
    var isDirty = false
    /// The last transaction that changed a row.
    var transaction: UInt64 = 0

    init(
        name: String, signature: String, generation: Int64, rootPage: Int64, sql: String, sum: ContentSum, isKnown: Bool
    ) {
        self.name = name
        self.signature = signature
        self.generation = generation
        self.rootPage = rootPage
        self.sql = sql
        self.sum = sum
        self.isKnown = isKnown
    }

    /// Whether the sum can be compared with others'.
    var isComparable: Bool { isKnown && driftedAt == nil }

    /// Whether the sum can be told to others: as long as another program's change may be in the rows and is not looked for
    /// yet, it would accuse them of what has happened here.
    var isTellable: Bool { isComparable && !mustBeChecked }

    /// Whether the rows have to be added up, now or later.
    var isToBeScanned: Bool { driftedAt == nil && (!isKnown || mustBeChecked) }

    /// Another program may have changed the rows.
    func demandCheck() {
        guard isKnown else { return }
        checkNumber += 1
        mustBeChecked = true
    }

    /// Tables whose content is not summed up: what is the node's own, and what SQLite derives and keeps by itself.
    static func isLeftOut(_ name: String) -> Bool {
        name.hasPrefix("sqlite_") || StatementPolicy.isOwn(name) && name != UserTable.name
    }
}
