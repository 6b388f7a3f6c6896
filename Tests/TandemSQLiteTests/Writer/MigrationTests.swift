import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

@Suite struct MigrationTests {
    private func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("one") { database in
            try database.create(table: "author") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("name", .text).notNull()
            }
            try database.execute(sql: "INSERT INTO author(name) VALUES ('Knuth'), ('Gray')")
        }
        // Rebuilds a table as SQLite's manual says, with foreign keys off.
        migrator.registerMigration("two") { database in
            try database.create(table: "book") { table in
                table.primaryKey("id", .integer)
                table.belongsTo("author").notNull()
            }
            try database.execute(sql: "INSERT INTO book VALUES (1, 1), (2, 2)")
            try database.create(table: "new") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("name", .text).notNull()
                table.column("born", .integer)
            }
            try database.execute(sql: "INSERT INTO new(id, name) SELECT id, name FROM author")
            try database.drop(table: "author")
            try database.rename(table: "new", to: "author")
        }
        migrator.registerMigration("three", foreignKeyChecks: .immediate) { database in
            try database.execute(sql: "UPDATE author SET born = 1938 WHERE id = 1")
        }
        return migrator
    }

    @Test func eachMigrationIsARecord() throws {
        let pair = try Pair()
        try pair.migrate(migrator())
        #expect(pair.batches.count == 4)  // The migrator's own table comes first.
        try pair.checkEqual()
        #expect(try pair.rows("SELECT name, born FROM author ORDER BY id") == ["Knuth|1938", "Gray|NULL"])
        #expect(try pair.rows("SELECT identifier FROM grdb_migrations ORDER BY identifier") == ["one", "three", "two"])
        // Again, there is nothing to do; and the writer goes on as before.
        try pair.migrate(migrator())
        #expect(pair.batches.count == 4)
        #expect(throws: (any Error).self) { try pair.run("INSERT INTO book VALUES (3, 99)") }
        try pair.run("INSERT INTO author(name) VALUES ('Codd')")
        try pair.checkEqual()
    }

    @Test func aMigrationThatFailsLeavesThoseBeforeIt() throws {
        let pair = try Pair()
        var migrator = migrator()
        migrator.registerMigration("four") { database in
            try database.execute(sql: "INSERT INTO author(name) VALUES ('gone')")
            try database.execute(sql: "INSERT INTO author(name) VALUES (NULL)")
        }
        #expect(throws: DatabaseError.self) { try pair.migrate(migrator) }
        try pair.checkEqual()
        #expect(try pair.rows("SELECT count(*) FROM author") == ["2"])
        try pair.run("INSERT INTO author(name) VALUES ('Codd')")
        try pair.checkEqual()
    }

    @Test func aMigrationWhoseCommitIsRefusedIsRolledBack() throws {
        let pair = try Pair()
        try pair.migrate(DatabaseMigrator())
        struct Refused: Error {}
        #expect(throws: Refused.self) {
            try pair.primary.migrate(migrator(), segment: { 1 }, commit: { _ in throw Refused() })
        }
        #expect(try pair.primary.read { try $0.tableExists("author") } == false)
        try pair.migrate(migrator())
        try pair.checkEqual()
    }

    @Test func aMigratorThatErasesIsRefused() throws {
        let pair = try Pair()
        var migrator = migrator()
        migrator.eraseDatabaseOnSchemaChange = true
        let error = #expect(throws: SQLiteError.self) { try pair.migrate(migrator) }
        #expect(error?.code == .refused)
    }
}
