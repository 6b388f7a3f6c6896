import Foundation
import TandemTransactions
import Testing

@Suite struct RowDecodingTests {
    enum Genre: String, Codable, Sendable { case novel, poetry }

    struct Author: Codable, Hashable, Sendable {
        var name: String
        var born: Int?
    }

    struct Book: Decodable, Hashable, Sendable {
        var id: Int
        var title: String
        var createdAt: Date
        var subtitle: String?
        var genre: Genre
        var author: Author
        var tags: [String]
    }

    private static let names = ["id", "title", "created_at", "subtitle", "genre", "author", "tags"]
    private static let values: [SQLValue] = [
        .integer(7), .text("Emma"), .text("2021-05-06 22:42:33"), .null, .text("novel"),
        .json(#"{"name": "Austen", "born": 1775}"#), .text(#"["classic", "love"]"#),
    ]

    private func database(_ names: [String], _ rows: [SQLValue]...) -> Database {
        let columns = ResultRow.Columns(names)
        let rows = rows.map { ResultRow(columns: columns, values: $0) }
        return Database(primary: RecordingDataSource { _ in StatementResult(rows: rows) })
    }

    private func error(_ body: () async throws -> Void) async -> DatabaseError? {
        do { try await body() } catch { return error as? DatabaseError }
        return nil
    }

    /// Few columns are looked through, for more of them there is a dictionary.
    @Test(arguments: [3, 16, 17, 200]) func ofSeveralColumnsOfOneNameTheFirstIsFound(count: Int) {
        let columns = ResultRow.Columns((0..<count).map { $0 < 2 ? "same" : "c\($0)" })
        #expect(columns.place(of: "same") == 0)
        #expect(columns.place(of: "c\(count - 1)") == count - 1)
        #expect(columns.place(of: "c1") == nil && columns.place(of: "SAME") == nil)
        let row = ResultRow(columns: columns, values: (0..<count).map { .integer(Int64($0)) })
        #expect(row["same"] == .integer(0) && row["c2"] == .integer(2) && row["none"] == nil)
    }

    @Test func aRowIsReadIntoATypeByTheNamesOfItsColumns() async throws {
        let books = try await database(Self.names, Self.values).query("SELECT", as: Book.self)
        #expect(
            books == [
                Book(
                    id: 7, title: "Emma", createdAt: Date(timeIntervalSince1970: 1_620_340_953), subtitle: nil,
                    genre: .novel, author: Author(name: "Austen", born: 1775), tags: ["classic", "love"])
            ])
    }

    @Test func aJSONMemberIsReadFromItsColumn() async throws {
        struct Row: Decodable, Sendable { var author: JSON<Author> }
        let rows = try await database(["author"], [.text(#"{"name": "Austen"}"#)]).query("SELECT", as: Row.self)
        #expect(rows.first?.author.document == Author(name: "Austen"))
    }

    @Test(arguments: ["createdAt", "created_at", "CREATED_AT", "createdat"])
    func columnsAreFoundInSnakeCaseAndWhateverTheirLetters(name: String) async throws {
        struct Row: Decodable, Sendable { var createdAt: Int }
        let rows = try await database([name], [.integer(1)]).query("SELECT", as: Row.self)
        #expect(rows.first?.createdAt == 1)
    }

    @Test func anOptionalIsNilForNullAndForAMissingColumn() async throws {
        struct Row: Decodable, Sendable {
            var null: Int?
            var missing: Int?
            var there: Int?
        }
        let row = try await database(["null", "there"], [.null, .integer(1)]).queryOne("SELECT", as: Row.self)
        #expect(row?.null == nil)
        #expect(row?.missing == nil)
        #expect(row?.there == 1)
    }

    @Test func oneColumnIsReadAsItsType() async throws {
        #expect(try await database(["n"], [.integer(1)], [.integer(2)]).query("SELECT", as: Int.self) == [1, 2])
        #expect(try await database(["n"], [.text("a")], [.null]).query("SELECT", as: String?.self) == ["a", nil])
        #expect(try await database(["g"], [.text("poetry")]).query("SELECT", as: Genre.self) == [.poetry])
    }

    @Test func columnsAreReadAsATupleInTheirOrder() async throws {
        let rows = try await database(["a", "b", "c"], [.integer(1), .text("x"), .null])
            .query("SELECT", as: (Int, String, Bool?).self)
        #expect(rows.count == 1)
        #expect(rows[0].0 == 1)
        #expect(rows[0].1 == "x")
        #expect(rows[0].2 == nil)
    }

    @Test func queryOneTakesNoneOrOne() async throws {
        #expect(try await database(["n"]).queryOne("SELECT", as: Int.self) == nil)
        #expect(try await database(["n"], [.integer(1)]).queryOne("SELECT", as: Int.self) == 1)
        let two = database(["n"], [.integer(1)], [.integer(2)])
        #expect(await error { _ = try await two.queryOne("SELECT", as: Int.self) }?.code == .cardinalityViolation)
    }

    @Test func aWrongTypeIsToldWithTheColumnAndNeverWithTheValue() async throws {
        struct Row: Decodable, Sendable { var title: Int }
        let database = database(["title"], [.text("secret")])
        for failure in [
            await error { _ = try await database.query("SELECT title", as: Row.self) },
            await error { _ = try await database.query("SELECT title", as: Int.self) },
            await error { _ = try await database.query("SELECT title", as: (Int, Int).self) },
        ] {
            #expect(failure?.code == .invalidValue)
            #expect(failure?.column == "title")
            #expect(failure?.statement == "SELECT title")
            #expect(failure?.message.contains("Int") == true)
            #expect(failure?.message.contains("text") == true)
            #expect(failure?.message.contains("secret") == false)
        }
    }

    @Test func nullWhereAValueMustBeIsToldWithTheColumn() async throws {
        struct Row: Decodable, Sendable { var title: String }
        let failure = await error { _ = try await database(["title"], [.null]).query("SELECT", as: Row.self) }
        #expect(failure?.code == .invalidValue)
        #expect(failure?.message == "column title: it is read as String and holds NULL")
    }

    @Test func aMissingColumnIsNamed() async throws {
        struct Row: Decodable, Sendable { var title: String }
        let failure = await error { _ = try await database(["name"], [.text("x")]).query("SELECT", as: Row.self) }
        #expect(failure?.message == "the result has no column title")
    }

    @Test func tooFewColumnsForATupleAreCounted() async throws {
        let failure = await error { _ = try await database(["n"], [.integer(1)]).query("SELECT", as: (Int, Int).self) }
        #expect(failure?.message == "the result has 1 columns and 2 are read")
    }

    @Test func brokenJSONIsToldWithItsColumn() async throws {
        struct Row: Decodable, Sendable { var author: Author }
        for text in [#"{"name": 7}"#, "{", #"{"born": 1775}"#] {
            let failure = await error {
                _ = try await database(["author"], [.json(text)]).query("SELECT", as: Row.self)
            }
            #expect(failure?.code == .invalidValue)
            #expect(failure?.column == "author")
        }
    }
}
