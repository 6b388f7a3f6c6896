/// Random SQL over random schemas; a good part of it fails. All of it follows from the seed.
struct Workload {
    private var generator: Seeded
    private var tables: [String] = []
    private var made = 0

    init(seed: UInt64) { generator = Seeded(seed) }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }
    mutating func pick(_ choices: [String]) -> String { choices[number(0..<choices.count)] }

    mutating func value() -> String {
        switch number(0..<12) {
        case 0: "NULL"
        case 1, 2, 3: String(number(-3..<12))
        case 4: "\(number(-5..<5)).5"
        case 5:
            "'\(pick(["a", "b", "A", "ä", "", "long text that does not fit into the short form of a text value at all, no"]))'"
        case 6: "x'\(pick(["", "00", "ff", "6162"]))'"
        case 7: "random() % 10"
        case 8: "randomblob(\(number(0..<90)))"
        case 9: "9223372036854775807 - \(number(0..<3))"
        case 10: "CAST(\(number(0..<9)) AS TEXT)"
        default: "abs(random()) % 6"
        }
    }

    private mutating func table() -> String { tables.isEmpty ? "t0" : tables[number(0..<tables.count)] }
    private mutating func column() -> String { pick(["a", "b", "c", "k"]) }
    private mutating func conflict() -> String { pick(["", "", "OR IGNORE ", "OR REPLACE ", "OR FAIL ", "OR ABORT "]) }

    private mutating func condition() -> String {
        switch number(0..<7) {
        case 0: "1"
        case 1: "\(column()) = \(value())"
        case 2: "\(column()) > \(value())"
        case 3: "\(column()) IS NULL"
        case 4: "rowid % \(number(1..<4)) = 0"
        case 5: "typeof(\(column())) = '\(pick(["integer", "text", "blob", "real"]))'"
        default: "\(column()) IN (SELECT \(column()) FROM \(table()))"
        }
    }

    /// Statements that make a table.
    mutating func create() -> [String] {
        let name = "t\(made)"
        made += 1
        tables.append(name)
        let type = { (workload: inout Workload) in
            workload.pick(["", "INTEGER", "REAL", "TEXT COLLATE NOCASE", "BLOB", "NUMERIC"])
        }
        let key = pick([
            "INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT", "PRIMARY KEY", "UNIQUE", "INTEGER",
            "TEXT UNIQUE NOT NULL",
        ])
        let withoutRowid = key == "PRIMARY KEY" && number(0..<2) == 0
        let reference =
            tables.count > 1 && number(0..<3) == 0
            ? " REFERENCES \(table())(k) ON DELETE \(pick(["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"])) ON UPDATE CASCADE \(pick(["", "DEFERRABLE INITIALLY DEFERRED"]))"
            : ""
        let generated = number(0..<3) == 0 ? ", g AS (a || b) \(pick(["VIRTUAL", "STORED"]))" : ""
        let check = number(0..<4) == 0 ? " CHECK (b IS NULL OR b <> 3)" : ""
        let unique = number(0..<4) == 0 ? ", UNIQUE(a, b)" : ""
        let columns =
            "k \(key), a \(type(&self)) \(pick(["", "NOT NULL DEFAULT 1", "DEFAULT (random())"])), b \(type(&self))\(check)\(generated), c \(type(&self))\(reference)\(unique)"
        var statements = ["CREATE TABLE \(name)(\(columns))\(withoutRowid ? " WITHOUT ROWID" : "")"]
        if number(0..<2) == 0 {
            statements.append(
                "CREATE \(pick(["", "UNIQUE "]))INDEX i\(made) ON \(name)(\(column()), \(column()))\(pick(["", " WHERE a > 2"]))"
            )
        }
        if number(0..<2) == 0 {
            let body = pick([
                "INSERT INTO \(table())(a, b) VALUES (new.a, 't')", "UPDATE \(table()) SET c = new.a WHERE k = new.k",
                "DELETE FROM \(table()) WHERE a = new.b",
            ])
            let raise =
                number(0..<3) == 0
                ? " SELECT RAISE(\(pick(["ABORT", "FAIL", "IGNORE"])), 'no') WHERE new.b = 4;".replacingIgnore() : ""
            statements.append(
                "CREATE TRIGGER r\(made) \(pick(["AFTER", "BEFORE"])) \(pick(["INSERT", "UPDATE"])) ON \(name) WHEN new.a \(pick(["> 1", "IS NOT NULL", "= new.b"])) BEGIN \(body);\(raise) END"
            )
        }
        return statements
    }

    /// One statement.
    mutating func statement() -> String {
        let table = table()
        switch number(0..<26) {
        case 0...6:
            let rows = (0..<number(1..<5)).map { _ in "(\(value()), \(value()), \(value()))" }.joined(separator: ", ")
            return "INSERT \(conflict())INTO \(table)(a, b, c) VALUES \(rows)"
        case 7, 8:
            return
                "\(pick(["INSERT", "REPLACE"])) INTO \(table)(k, a, b) VALUES (\(value()), \(value()), \(value())), (\(value()), \(value()), \(value()))"
        case 9...12: return "UPDATE \(conflict())\(table) SET \(column()) = \(value()) WHERE \(condition())"
        case 13: return "UPDATE \(conflict())\(table) SET k = k + 1, b = \(value()) WHERE \(condition())"
        case 14: return "UPDATE \(conflict())\(table) SET \(column()) = \(column())"
        case 15, 16: return "DELETE FROM \(table) WHERE \(condition())"
        case 17:
            return
                "INSERT INTO \(table)(k, a) VALUES (\(value()), \(value())) ON CONFLICT DO UPDATE SET a = excluded.a, b = \(value())"
        case 18: return "INSERT \(conflict())INTO \(table)(a, b, c) SELECT b, a, c FROM \(self.table()) LIMIT 20"
        case 19: return pick(["SAVEPOINT s", "SAVEPOINT u", "SAVEPOINT \"S\""])
        case 20: return pick(["ROLLBACK TO s", "ROLLBACK TO u"])
        case 21: return pick(["RELEASE s", "RELEASE u"])
        case 22: return schemaStatement(table)
        case 23: return "INSERT INTO f(f) VALUES ('\(pick(["optimize", "rebuild", "nonsense"]))')"
        case 24: return "INSERT INTO f SELECT a || ' ' || b FROM \(table) LIMIT 5"
        default: return "DELETE FROM f WHERE rowid = \(number(1..<9))"
        }
    }

    private mutating func schemaStatement(_ table: String) -> String {
        made += 1
        switch number(0..<11) {
        case 0:
            return
                "ALTER TABLE \(table) ADD COLUMN x\(made) \(pick(["", "DEFAULT 5", "DEFAULT 'd' NOT NULL", "REAL DEFAULT 1"]))"
        case 1: return "ALTER TABLE \(table) DROP COLUMN \(column())"
        case 2: return "CREATE TABLE n\(made) AS SELECT * FROM \(table) WHERE random() % 2"
        case 3: return "CREATE \(pick(["", "UNIQUE "]))INDEX n\(made) ON \(table)(\(column()))"
        case 4: return "DROP INDEX IF EXISTS i\(number(1..<6))"
        case 5: return "ALTER TABLE \(table) RENAME COLUMN \(column()) TO z\(made)"
        case 6: return number(0..<4) == 0 ? "DROP TABLE \(table)" : "PRAGMA user_version = \(made)"
        case 7: return "DROP TRIGGER IF EXISTS r\(number(1..<6))"
        case 8: return pick(["REINDEX", "ANALYZE", "ANALYZE \(table)"])
        case 9: return "UPDATE sqlite_sequence SET seq = seq + \(number(0..<4)) WHERE name = '\(table)'"
        default: return "DELETE FROM sqlite_sequence WHERE name = '\(table)'"
        }
    }
}

extension String {
    /// RAISE(IGNORE) takes no message.
    fileprivate func replacingIgnore() -> String {
        contains("IGNORE") ? " SELECT RAISE(IGNORE) WHERE new.b = 4;" : self
    }
}
