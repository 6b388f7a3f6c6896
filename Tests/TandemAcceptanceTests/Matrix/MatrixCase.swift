import TandemTransactions

/// Does what a row of the table says and writes down what it sees, under the names of the table's columns.
struct MatrixCase {
    struct InnerFailure: Error {}
    struct OuterFailure: Error {}

    let row: MatrixRow
    let stand: Beds.Stand
    private(set) var seen: [String: String] = [:]
    private var updates: [String] = []

    private var database: Database { stand.database }

    init(_ row: MatrixRow, _ stand: Beds.Stand) {
        self.row = row
        self.stand = stand
        for name in row.observed.keys { seen[name] = "-" }
    }

    mutating func run() async throws {
        try await stand.bed.reset()
        stand.recorder.caseBegan()
        do {
            if row.outer == "none" {
                try await outer()
            } else {
                let name = "Outer.\(row.outer)"
                try await database.transaction(readOnly: row.outer == "ro", name: name) { try await outer() }
            }
        } catch { seen["outer_exception"] = Self.describe(error) }
        // Rule 7: nothing is current, and no connection is out of its pool.
        let isIdle = database.poolStatus.allSatisfy { $0.active == 0 && $0.pending == 0 }
        let isClean = Transaction.current == nil && database.currentTransaction == nil && isIdle
        seen["clean_after"] = String(isClean)
        seen["update_on"] = updates.isEmpty ? "-" : updates.joined(separator: "+")
        let titles = try await stand.bed.titles()
        seen["row1_outer"] = titles[1]
        seen["row2_inner"] = titles[2]
    }

    // MARK: The calls

    private mutating func outer() async throws {
        let before = Transaction.current
        seen["outer_name"] = before?.name ?? "-"
        seen["outer_seen_ro"] = String(before?.isReadOnly ?? false)
        try await read("outer_read_1", id: 1)
        if row.does == "WB" { try await write("outer_write", id: 1) }
        do {
            try await inner()
        } catch {
            seen["inner_exception"] = Self.describe(error)
            if seen["relation"] == "-" { seen["relation"] = "rejected" }
            if row.ends != "ic" { throw error }
        }
        let after = Transaction.current
        if let after { seen["outer_marked_rollback"] = String(after.isRollbackOnly) }
        seen["outer_ro_restored"] = String(after?.name == before?.name && after?.isReadOnly == before?.isReadOnly)
        try await read("outer_read_2", id: 1)
        if row.does == "W", row.outer != "ro" { try await write("outer_write", id: 1) }
        if row.ends == "ot" { throw OuterFailure() }
    }

    private mutating func inner() async throws {
        let name = "Inner.\(row.propagation)_\(row.inner)"
        try await database.transaction(readOnly: row.inner == "ro", propagation: propagation, name: name) {
            try await body()
        }
    }

    private mutating func body() async throws {
        let current = Transaction.current
        seen["relation"] = Self.describe(current)
        seen["inner_name"] = current?.name ?? "-"
        seen["inner_seen_ro"] = String(current?.isReadOnly ?? false)
        seen["inner_sync"] = String(current != nil)
        try await read("inner_read", id: 2)
        if row.does != "R" { try await write("inner_write", id: 2) }
        if row.ends == "ic" || row.ends == "iu" { throw InnerFailure() }
    }

    private var propagation: Propagation {
        switch row.propagation {
        case "REQUIRES_NEW": .requiresNew
        case "SUPPORTS": .supports
        case "MANDATORY": .mandatory
        case "NOT_SUPPORTED": .notSupported
        case "NEVER": .never
        case "NESTED": .nested
        default: .required
        }
    }

    // MARK: Statements

    private mutating func read(_ column: String, id: Int) async throws {
        try await record(column) {
            _ = try await $0.query("SELECT title FROM book WHERE id = \(id)", as: String.self)
        }
    }

    private mutating func write(_ column: String, id: Int) async throws {
        defer {
            let place = seen[column] ?? "-"
            if !updates.contains(place) { updates.append(place) }
        }
        try await record(column) { try await $0.execute("UPDATE book SET title = \("new") WHERE id = \(id)") }
    }

    private mutating func record(_ column: String, _ statement: (Database) async throws -> Void) async throws {
        do {
            try await statement(database)
            seen[column] = stand.recorder.takeLast()
        } catch {
            seen[column] = stand.recorder.takeLast() + ((error as? DatabaseError)?.sqlState.map { "!" + $0 } ?? "")
            throw error
        }
    }

    // MARK: Words

    private static func describe(_ error: any Error) -> String {
        (error as? DatabaseError).map { "\($0.code)" } ?? "\(type(of: error))"
    }

    private static func describe(_ transaction: Transaction?) -> String {
        guard let transaction else { return "-" }
        let suspended = transaction.suspended == nil ? "" : ", outer suspended"
        switch transaction.relation {
        case .new: return "new" + suspended
        case .none: return "none" + suspended
        case .joined: return "joined"
        case .nested: return "savepoint in outer"
        }
    }
}
