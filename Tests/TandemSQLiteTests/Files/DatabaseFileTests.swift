import TandemLog
import Testing

@testable import TandemSQLite

@Suite struct DatabaseFileTests {
    @Test func whatNeedsMoreThanSQLiteIsNamed() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE plain(a, tandem_now); CREATE INDEX i ON plain(tandem_now)",
            "CREATE TABLE sorted(a TEXT COLLATE swiftCompare, b TEXT COLLATE nocase)",
            """
            CREATE VIEW v AS SELECT "tandem_now"(3), tandem_now (0) /* tandem_sleep(1) */;
            CREATE VIEW fine AS SELECT 'tandem_now(1)', abs(tandem_now) FROM plain;
            CREATE TRIGGER r AFTER UPDATE ON plain BEGIN DELETE FROM sorted; UPDATE plain SET a = TANDEM_NOW(0); END
            """)
        let needs = try DatabaseFile(pair.primaryPath, .read).needsElsewhere(ConnectionOptions())
        let which = "which SQLite itself does not have: elsewhere it does not work"
        #expect(
            needs == [
                "table sorted needs the collation swiftcompare, \(which)",
                "trigger r on plain needs tandem_now(), \(which)", "view v needs tandem_now(), \(which)",
            ])
    }
}
