import PostgresWire
import Testing

@testable import Tandem

/// What PostgreSQL reads otherwise than SQLite: strings between dollars, strings with escapes of Unicode, nested comments.
@Suite struct ForeignQuotesTests {
    private func mayBe(in text: String) -> Bool {
        var text = text
        return text.withUTF8 { ForeignQuotes.mayBe(in: $0) }
    }

    @Test(arguments: [
        ("SELECT $$it's$$, 1", "SELECT 'it''s' , 1"), ("SELECT $a$b $$ $b$ c$a$", "SELECT 'b $$ $b$ c'    "),
        ("SELECT $1, $$$1;$$::text", "SELECT $1, '$1;'  ::text"), ("SELECT $ä_1$x$ä_1$", "SELECT 'x'        "),
        ("SELECT '$$', \"$$\", `$$`, [$$], 1 -- $$\n, $$a$$", "SELECT '$$', \"$$\", `$$`, [$$], 1 -- $$\n, 'a'  "),
        ("SELECT 'a''$$', ARRAY[$$a$$], b[$$c$$]", "SELECT 'a''$$', ARRAY['a'  ], b['c'  ]"),
        ("SELECT a$b$c, /* $$ */ $$x$$ AS a$$b", "SELECT a$b$c, /* $$ */ 'x'   AS a$$b"),
        ("SELECT $$\n--'/*$$", "SELECT '\n--''/*' "), ("SELECT $name, $$a$$", "SELECT $name, 'a'  "),
        ("DO $do$ BEGIN x; END $do$; SELECT 1", "DO ' BEGIN x; END '      ; SELECT 1"),
        ("SELECT 1 /* a /* b */ c */ + 1", "SELECT 1 /* a    b    c */ + 1"),
        ("SELECT 1 /*/ a /* b */*/ + 1", "SELECT 1 /*/ a    b   */ + 1"),
        ("SELECT U&'d\\0061t\\+000061\\\\' AS u", "SELECT 'data\\'               AS u"),
        ("SELECT u&'a!00e4!!''' uescape '!' || 'x'", "SELECT 'aä!'''                    || 'x'"),
        ("SELECT U&'\\0027\\d83d\\de00'", "SELECT '''😀'              "),
        ("SELECT u & 'x' , $$$$", "SELECT u & 'x' , ''  "),
        ("SELECT U&\"d\\0061ta\" FROM t", "SELECT \"data\"       FROM t"),
    ])
    func theyAreWrittenAsSQLiteHasThem(_ sql: String, _ plain: String) throws {
        #expect(mayBe(in: sql))
        #expect(try ForeignQuotes.plain(sql) == plain)
        // So that places in errors stay.
        #expect(plain.unicodeScalars.count == sql.unicodeScalars.count)
    }

    @Test func aStringWithManyQuotesIsLonger() throws {
        #expect(try ForeignQuotes.plain("SELECT $$''''$$") == "SELECT ''''''''''")
    }

    /// Without an end they are what they are to SQLite.
    @Test(arguments: [
        "SELECT $$a", "SELECT $a$b$c$", "SELECT '$$", "SELECT /* /* */ 1, $$a$$", "SELECT U&'a", "SELECT [$$",
        "SELECT \"$$a$$",
    ])
    func whatHasNoEndStaysAsItIs(_ sql: String) throws { #expect(try ForeignQuotes.plain(sql) == sql) }

    @Test(arguments: [
        "SELECT $1, '$', '$.a[0]', a & b", "/* a */ SELECT 1 /* b */", "SELECT 1 /*/ a */ /* b */", "$",
        "SELECT 1 / 2 * 3 */ 4", "",
    ])
    func mostTextsAreNotLookedAtCloser(_ sql: String) {
        #expect(!mayBe(in: sql))
    }

    @Test(arguments: [
        "U&'\\006'", "U&'\\00zz'", "U&'\\+00006'", "U&'\\d800'", "U&'\\d800\\0061'", "U&'\\0000'", "U&'\\+110000'",
        "U&'\\'",
        "U&'a' UESCAPE 'a'", "U&'a' UESCAPE '''", "U&'a' UESCAPE", "U&'\\+-00061'",
    ])
    func whatIsNoCharacterIsRefused(_ literal: String) {
        let error = #expect(throws: PostgresError.self) { try ForeignQuotes.plain("SELECT \(literal)") }
        #expect(error?.code == .syntaxError)
    }

    @Test func statementsAreCutBehindThem() throws {
        let statements = try QueryText.statements("SELECT $a$1; 2$a$; SELECT $1; /* ; /* ; */ ; */ SELECT 3")
        #expect(statements.map(\.sql) == ["SELECT '1; 2'", "SELECT $1", "SELECT 3"])
    }

    @Test func placesInErrorsStay() throws {
        let error = #expect(throws: PostgresError.self) { try QueryText.statements("SELECT $ä$x$ä$, '1234'::uuid") }
        #expect(error?.position == 17)
    }
}
