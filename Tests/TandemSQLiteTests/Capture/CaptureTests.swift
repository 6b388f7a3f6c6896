import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

@Suite struct CaptureTests {
    @Test func rowsOfAllKindsArriveAtTheReplica() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE a(id INTEGER PRIMARY KEY, t TEXT, r REAL, b BLOB, n)",
            "INSERT INTO a VALUES (1, 'one', 1.5, x'0102', NULL), (2, '', -0.0, x'', 9223372036854775807)",
            "UPDATE a SET t = 'uno' WHERE id = 1", "UPDATE a SET id = 7 WHERE id = 2", "DELETE FROM a WHERE id = 1",
            "REPLACE INTO a VALUES (7, 'replaced', 9e999, zeroblob(100), -1)",
            "INSERT INTO a(id, t) VALUES (7, 'x') ON CONFLICT(id) DO UPDATE SET t = excluded.t, n = 1")
        try pair.checkEqual()
        #expect(try pair.rows("SELECT id, t, n FROM a") == ["7|x|1"])
    }
}
