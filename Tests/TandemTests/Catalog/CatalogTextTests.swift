import PostgresWire
import Testing

@testable import Tandem

@Suite struct CatalogTextTests {
    @Test func aTablesConstraintsAreReadFromItsText() {
        let sql = """
            CREATE TABLE "t" ( -- CHECK (no)
              id INTEGER CONSTRAINT first PRIMARY KEY, "A b" TEXT UNIQUE CHECK (length("A b") > 0), c INT REFERENCES p (x) ON DELETE CASCADE
                DEFERRABLE INITIALLY DEFERRED, d TEXT DEFAULT 'CHECK (x)',
              CONSTRAINT pair UNIQUE (c, [d]), CHECK (c IN (1, 2)), FOREIGN KEY (c, d) REFERENCES q NOT DEFERRABLE)
            """
        typealias Constraint = TableDefinition.Constraint
        #expect(
            TableDefinition(sql).constraints == [
                Constraint(kind: "p", name: "first", columns: ["id"]), Constraint(kind: "u", columns: ["a b"]),
                Constraint(kind: "c", label: "a b_check", columns: ["a b"], expression: "length(\"A b\") > 0"),
                Constraint(kind: "f", columns: ["c"], isDeferrable: true, isDeferred: true),
                Constraint(kind: "u", name: "pair", columns: ["c", "d"]),
                Constraint(kind: "c", label: "c_check", columns: ["c"], expression: "c IN (1, 2)"),
                Constraint(kind: "f", columns: ["c", "d"]),
            ])
    }

    @Test func checksAreCalledAfterTheOneColumnThatTheyName() {
        let sql = """
            CREATE TABLE t (a INT CHECK (a > 0) CHECK (a < b), b INT, c INT, CHECK (b > 5), CHECK (b > 6),
              CHECK (b <> c), CHECK (max(1, 2) > 1), CONSTRAINT T_check1 CHECK ("B" > x.c AND 'a' <> '"a"'))
            """
        let checks = TableDefinition(sql).constraints
        #expect(checks.map(\.label) == ["a_check", "check", "b_check", "b_check1", "check2", "check3", nil])
        #expect(checks.map(\.columns) == [["a"], ["a", "b"], ["b"], ["b"], ["b", "c"], [], ["b", "c"]])
    }

    @Test(arguments: [
        ("CREATE TRIGGER x BEFORE INSERT ON t BEGIN SELECT 1; END", "BEFORE INSERT", 7, nil as String?),
        ("CREATE TEMP TRIGGER IF NOT EXISTS a.x UPDATE OF a, b ON t BEGIN SELECT 1; END", "BEFORE UPDATE", 19, nil),
        (
            "CREATE TRIGGER \"before\" INSTEAD OF DELETE ON v FOR EACH ROW WHEN old.a > CASE WHEN 1 THEN 2 END BEGIN SELECT 1; END",
            "INSTEAD OF DELETE", 73, "old.a > CASE WHEN 1 THEN 2 END"
        ), ("CREATE TRIGGER begin AFTER INSERT ON t BEGIN SELECT 1; END", "AFTER INSERT", 5, nil),
        (
            "CREATE TRIGGER x AFTER UPDATE ON begin WHEN new.begin > 0 AND begin BEGIN VALUES (1); END",
            "AFTER UPDATE", 17, "new.begin > 0 AND begin"
        ), ("CREATE TRIGGER x AFTER DELETE ON t WHEN (old.a) BEGIN SELECT 1; END", "AFTER DELETE", 9, "(old.a)"),
    ])
    func aTriggerSaysWhatItWaitsFor(_ sql: String, _ words: String, _ kind: Int, _ condition: String?) throws {
        let trigger = try #require(TriggerDefinition(sql))
        #expect("\(trigger.timing.rawValue) \(trigger.event.rawValue)" == words)
        #expect(trigger.kind == kind && trigger.condition == condition)
    }

    @Test(arguments: [
        "", "CREATE TABLE", "CREATE TABLE t (", "CREATE TABLE t (a CHECK (", "(((", "CREATE TABLE t (a REFERENCES)",
        "CREATE TABLE t (,,)", "CREATE TRIGGER begin AFTER INSERT ON t", "CREATE TRIGGER", "TRIGGER if", "TRIGGER t.",
        "CREATE TRIGGER a AFTER INSERT ON", "TRIGGER a INSERT ON BEGIN SELECT",
    ])
    func textThatIsNoDefinitionHasNone(_ sql: String) {
        _ = TableDefinition(sql).json
        _ = IndexDefinition(sql)
        _ = ViewDefinition.query(sql)
        #expect(TriggerDefinition(sql) == nil)
    }

    @Test func anIndexsColumnsAreReadFromItsText() throws {
        let index = try #require(
            IndexDefinition("CREATE UNIQUE INDEX i ON t (a DESC, lower(\"B\") COLLATE NOCASE) WHERE a > 0 AND b"))
        #expect(index.columns == ["a", "lower(\"B\")"])
        #expect(index.body == "a DESC, lower(\"B\") COLLATE NOCASE" && index.condition == "a > 0 AND b")
    }

    @Test(arguments: [
        ("{a,\"b c\",NULL,\"\\\"\"}", "[\"a\",\"b c\",null,\"\\\"\"]"), ("{}", "[]"), ("1 3", "[1,3]"),
        ("[1,null]", "[1,null]"), ("", "[]"),
    ])
    func arraysAreJSON(_ text: String, _ json: String) throws { #expect(try #require(ArrayText(text)).json == json) }

    @Test func arraysAreWrittenAsPostgreSQLDoes() throws {
        #expect(
            try #require(ArrayText("[\"a\",\"b c\",null,\"\",\"NULL\",\"\\\"\"]")).literal
                == "{a,\"b c\",NULL,\"\",\"NULL\",\"\\\"\"}")
    }

    @Test(arguments: [
        ("VARCHAR(40)", 44), ("NUMERIC(10,2)", (10 << 16 | 2) + 4), ("TEXT", -1), ("INTEGER", -1),
        ("VARCHAR(99999999999999999999)", -1), ("NUMERIC(", -1),
    ])
    func aDeclaredTypeHasItsModifier(_ declaration: String, _ modifier: Int) {
        #expect(TypeNames.modifier(declaredAs: declaration) == modifier)
    }

    @Test func positionsAreWrittenAsLogSequenceNumbers() {
        let positions: [UInt64] = [0, 9, 10, 0xF, 0x10, 0xFFFF_FFFF, 0x1_0000_0000, 0xF_0000_0001]
        let texts = positions.map { LogSequenceNumber($0).description }
        #expect(texts == texts.sorted() && texts.map { LogSequenceNumber($0)?.value } == positions)
        #expect(
            LogSequenceNumber(0x1_0000_00AF).description == "1/000000AF"
                && LogSequenceNumber("1/AF")?.value == 0x1_0000_00AF)
        #expect(
            LogSequenceNumber("") == nil && LogSequenceNumber("1") == nil && LogSequenceNumber("x/1") == nil
                && LogSequenceNumber("1/2/3") == nil)
    }

    @Test func everyRelationOfTheCatalogueHasADefinition() {
        let all = Catalog.definitions(of: Set(Catalog.relations.keys))
        #expect(Catalog.relations.count > 100)
        for name in Catalog.relations.keys { #expect(all.contains("\"\(name)\" AS (SELECT ")) }
    }
}
