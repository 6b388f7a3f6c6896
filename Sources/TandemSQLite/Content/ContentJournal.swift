/// How the open group has changed the sums, so that what SQLite takes back is taken back here.
///
/// Changes of one table that no savepoint separates are one entry: the length depends on the statements, not on the rows.
struct ContentJournal {
    private enum Entry {
        case rows(TableContent, ContentSum)
        /// The schema changed; these were the tables before.
        case schema([String: TableContent])
    }

    private var entries: [Entry] = []
    /// What lies before is not added to: a savepoint began.
    private var sealed = 0

    /// A place to come back to.
    typealias Mark = Int

    var isEmpty: Bool { entries.isEmpty }

    /// Here and now.
    mutating func mark() -> Mark {
        sealed = entries.count
        return sealed
    }

    /// Adds `change` to the table's sum.
    @inline(__always)
    mutating func add(_ change: ContentSum, to table: TableContent) {
        table.sum += change
        let last = entries.count - 1
        if last >= sealed, case .rows(table, let before) = entries[last] {
            entries[last] = .rows(table, before + change)
        } else {
            entries.append(.rows(table, change))
        }
    }

    /// The tables are about to become others.
    mutating func schemaChanges(from tables: [String: TableContent]) { entries.append(.schema(tables)) }

    /// Takes back everything since `mark`.
    ///
    /// - Parameter tables: become what they were.
    mutating func rollBack(to mark: Mark, _ tables: inout [String: TableContent]) {
        while entries.count > mark, let entry = entries.popLast() {
            switch entry {
            case .rows(let table, let change): table.sum -= change
            case .schema(let before): tables = before
            }
        }
        sealed = entries.count
    }

    /// What was written down holds for good.
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        sealed = 0
    }
}

extension TableContent: Equatable {
    static func == (one: TableContent, other: TableContent) -> Bool { one === other }
    static func ~= (one: TableContent, other: TableContent) -> Bool { one === other }
}
