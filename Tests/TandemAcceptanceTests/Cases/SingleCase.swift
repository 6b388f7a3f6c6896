import TandemTransactions
import Testing

/// What a single case does with its database, and what it sees.
struct SingleCase {
    struct Checked: Error {}
    struct Inner: Error {}

    let stand: Beds.Stand
    var database: Database { stand.database }

    /// The rows 1 and 2 titled `old`, and no connection used yet.
    static func begin(on engine: Engines) async throws -> SingleCase {
        let stand = try await Beds.shared.stand(on: engine)
        try await stand.bed.reset()
        stand.recorder.caseBegan()
        return SingleCase(stand: stand)
    }

    /// The same case over another database.
    func over(_ database: Database) -> SingleCase {
        SingleCase(stand: Beds.Stand(bed: stand.bed, recorder: stand.recorder, database: database))
    }

    // MARK: Statements

    /// Where a read of a row ran.
    @discardableResult
    func read(_ id: Int = 1) async throws -> String {
        _ = try await title(id)
        return stand.recorder.takeLast()
    }

    /// The title of a row, as the current transaction sees it.
    func title(_ id: Int = 1) async throws -> String? {
        try await database.queryOne("SELECT title FROM book WHERE id = \(id)", as: String.self)
    }

    /// Where a write of `new` into a row ran.
    @discardableResult
    func write(_ id: Int = 1) async throws -> String {
        try await database.execute("UPDATE book SET title = \("new") WHERE id = \(id)")
        return stand.recorder.takeLast()
    }

    /// Reads a row, which must run there.
    func read(_ id: Int = 1, on place: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let ranOn = try await read(id)
        #expect(ranOn == place, sourceLocation: sourceLocation)
    }

    /// Writes a row, which must run there.
    func write(_ id: Int = 1, on place: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let ranOn = try await write(id)
        #expect(ranOn == place, sourceLocation: sourceLocation)
    }

    /// Row 1 must be titled so for the current transaction.
    func sees(_ wanted: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let seen = try await title()
        #expect(seen == wanted, sourceLocation: sourceLocation)
    }

    /// A statement that fails: the title must not be NULL.
    func breakConstraint() async throws {
        try await database.execute("UPDATE book SET title = \(String?.none) WHERE id = \(2)")
    }

    // MARK: What is seen

    /// The code of the error that `body` throws; nil where it throws none.
    func code(_ body: () async throws -> Void) async -> DatabaseError.Code? {
        do { try await body() } catch { return (error as? DatabaseError)?.code ?? .other }
        return nil
    }

    /// The titles of the rows 1 and 2, as committed.
    func titles() async throws -> [String?] {
        let titles = try await stand.bed.titles()
        return [titles[1], titles[2]]
    }

    var usedNoConnection: Bool { stand.recorder.isUnused }
}
