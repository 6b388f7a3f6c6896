import PostgresWire
import Testing

@testable import Tandem

@Suite struct ExpressionTyperTests {
    private static let tables: [String: [(String, PostgresType)]] = [
        "book": [
            ("id", .int8), ("title", .text), ("price", .numeric), ("lent", .bool), ("at", .timestamp),
            ("weight", .float8),
            ("cover", .bytea),
        ],
        "author": [("id", .int8), ("name", .varchar), ("born", .date)], "odd": [("id", .text)],
    ]

    private static func typer(_ sql: String) -> ExpressionTyper {
        ExpressionTyper(scope: StatementScope(SQLItem.items(of: sql))) { table in
            tables[table].map { Dictionary(uniqueKeysWithValues: $0) }
        }
    }

    @Test(arguments: [
        ("SELECT count(*) FROM book", PostgresType.int8), ("SELECT 1", .int8), ("SELECT -1.5e3", .float8),
        ("SELECT 'a'", .text), ("SELECT x'00'", .bytea), ("SELECT id + 1 FROM book", .int8),
        ("SELECT id * 1.5 FROM book", .float8), ("SELECT price + id FROM book", .numeric),
        ("SELECT title || id FROM book", .text), ("SELECT id = 1 AND lent FROM book", .int8),
        ("SELECT max(at) FROM book", .timestamp), ("SELECT min(a.born) FROM author AS a", .date),
        ("SELECT sum(id) FROM book", .int8), ("SELECT sum(price) FROM book b", .numeric),
        ("SELECT avg(id) FROM book", .float8),
        ("SELECT coalesce(max(id), 0) + 1 FROM book", .int8), ("SELECT coalesce(title, NULL, '') FROM book", .text),
        ("SELECT CASE WHEN lent THEN 1 ELSE 2.5 END FROM book", .float8),
        ("SELECT CASE title WHEN 'a' THEN at END FROM book", .timestamp),
        ("SELECT CAST(title AS INTEGER) FROM book", .int8),
        ("SELECT title::int FROM book", .int4), ("SELECT '2026-01-01'::timestamp with time zone", .timestamptz),
        ("SELECT (SELECT max(weight) FROM book) AS w", .float8), ("SELECT EXISTS (SELECT 1 FROM book)", .int8),
        ("SELECT n FROM (SELECT count(*) AS n FROM book)", .int8),
        ("SELECT x.n FROM (SELECT count(*) n FROM book) x", .int8),
        ("WITH x (n, m) AS (SELECT count(*), max(at) FROM book) SELECT m FROM x", .timestamp),
        ("WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT n FROM r", .int8),
        ("WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r", .int8),
        ("SELECT row_number() OVER (PARTITION BY title ORDER BY id) FROM book", .int8),
        ("SELECT lag(price) OVER w FROM book WINDOW w AS (ORDER BY id)", .numeric),
        ("SELECT count(*) FILTER (WHERE lent) FROM book", .int8), ("SELECT count(DISTINCT title) FROM book", .int8),
        ("SELECT DISTINCT length(title) AS n FROM book", .int8), ("SELECT rowid FROM book", .int8),
        ("SELECT 1 UNION SELECT 2", .int8), ("VALUES (1, 'a')", .int8),
        ("SELECT substr(title, 1, 2) t FROM book", .text),
        ("SELECT current_timestamp", .timestamptz), ("SELECT now() AS at", .timestamptz),
        ("INSERT INTO book (id, title) VALUES ('x', 1) RETURNING id * 2", .int8),
        ("UPDATE book SET id = 1 RETURNING title || '!'", .text), ("SELECT max(\"ID\") FROM \"Book\"", .int8),
        ("SELECT title COLLATE NOCASE FROM book", .text), ("SELECT $1::numeric(10, 2)", .numeric),
        ("SELECT json_extract(title, '$') -> 'a' FROM book", .json),
        ("SELECT book.id + a.id FROM book JOIN author a", .int8),
        ("SELECT title::jsonb || '{}' FROM book", .jsonb), ("SELECT '{}' || json_object('a', 1) FROM book", .text),
        ("SELECT title::json || title FROM book", .text), ("SELECT title::jsonb || '{}' #>> '{a}' FROM book", .text),
        ("SELECT ARRAY[1] || 2", PostgresType.int8.array),
        ("SELECT id || ARRAY['a'] FROM book", PostgresType.text.array),
        ("SELECT title || '{}' || $1 FROM book", .text),
        ("SELECT title -> 'a' ->> 'b' FROM book", .text), ("SELECT true", .bool), ("SELECT id > 1 FROM book", .int8),
        ("SELECT id::int::text FROM book", .text), ("SELECT string_agg(cover, ''::bytea) FROM book", .bytea),
        ("SELECT string_agg(title, ',' ORDER BY id) FROM book", .text),
        ("SELECT CASE WHEN id > 1 THEN lent ELSE false END FROM book", .bool),
        ("SELECT title::jsonb - 'a' - 1 FROM book", .jsonb), ("SELECT (title::jsonb)['a'][0] FROM book", .jsonb),
        ("SELECT title::json #- '{a}' FROM book", .json), ("SELECT max(at) - min(at) FROM book", .interval),
        ("SELECT born - 7 FROM author", .date), ("SELECT born - born FROM author", .int4),
        // What is cast, or computed, is called as the column is, where others call it.
        ("SELECT id FROM (SELECT id::text FROM book) AS s", .text),
        ("WITH s AS (SELECT at::date FROM book WHERE at > $1) SELECT s.at FROM s", .date),
        ("SELECT id FROM book WHERE id IN (SELECT id::text FROM book)", .int8),
        ("SELECT (SELECT max(id) FROM book) FROM (SELECT id::text FROM book) AS s", .int8),
        ("SELECT count FROM (SELECT count(*) FROM odd) AS s", .int8),
        // And where they do not, it is still their own.
        ("SELECT id FROM book WHERE id IN (SELECT id FROM (SELECT id::text FROM book) AS s)", .int8),
        ("WITH s AS (SELECT id::text FROM book) SELECT (id) FROM book WHERE id > 1", .int8),
    ])
    func whatTheTextTellsIsTheType(_ sql: String, _ type: PostgresType) {
        let typer = Self.typer(sql)
        #expect(typer.query(0..<typer.scope.items.count, column: 0) == .known(type))
    }

    @Test(arguments: [
        ("SELECT id FROM book WHERE EXISTS (SELECT 1 FROM odd WHERE odd.id = 'x')", PostgresType.int8),
        ("SELECT (SELECT max(id) FROM odd) FROM book", .text),
        ("SELECT t.id FROM book t WHERE EXISTS (SELECT 1 FROM odd t WHERE t.id = 'x')", .int8),
        ("SELECT (SELECT t.id FROM odd t LIMIT 1) FROM book t", .text),
        ("SELECT (SELECT max(t.born) FROM odd) FROM author t", .date),
        ("SELECT (SELECT born) FROM author", .date), ("SELECT (SELECT b.id FROM odd) FROM book b", .int8),
        // What a query lists is of that name, and so is what its stars stand for.
        ("SELECT s.id FROM (SELECT * FROM book) AS s", .int8),
        ("SELECT s.id FROM (SELECT t.* FROM odd t, book b) AS s, author", .text),
        ("SELECT id FROM (SELECT a.*, lent FROM author a, book) AS s", .int8),
        ("SELECT born FROM (SELECT * FROM author UNION ALL SELECT * FROM author) AS s", .date),
        (
            "SELECT (SELECT max(n) FROM (SELECT weight AS n FROM book) AS s) FROM (SELECT title AS n FROM book) AS s",
            .float8
        ),
        ("SELECT x.a FROM (VALUES (1, 'b')) AS x (a, b)", .int8), ("SELECT b FROM (SELECT 'x', 2.5) x (a, b)", .float8),
        ("SELECT g FROM generate_series(1, 2) AS g", .int8), ("SELECT g.n FROM generate_series(1, 2) AS g (n)", .int8),
        // A query of WITH hides a table, where it can be seen.
        ("WITH book AS (SELECT id FROM odd) SELECT id FROM book", .text),
        ("SELECT id FROM book WHERE id IN (WITH book AS (SELECT 'a' AS id) SELECT id FROM book)", .int8),
        ("WITH a AS (SELECT id FROM odd), b AS (SELECT a.id AS n FROM a) SELECT b.n FROM b, book", .text),
        ("WITH RECURSIVE r AS (SELECT 1 AS n, 'a' AS t UNION ALL SELECT n + 1, t || n FROM r) SELECT t FROM r", .text),
        ("SELECT t.id FROM (book AS b JOIN odd AS t ON b.title = t.id)", .text),
        ("SELECT b.id FROM author x JOIN odd y ON x.name = y.id, book b WHERE x.id = b.id", .int8),
        ("SELECT o.id FROM author x JOIN LATERAL (SELECT x.born AS id) AS o ON true", .date),
        ("SELECT length(title) AS id FROM book UNION SELECT 1 ORDER BY id", .int8),
        ("SELECT DISTINCT a.id IS DISTINCT FROM 1 AND lent FROM author a, book", .int8),
        ("INSERT INTO odd SELECT id FROM book RETURNING id", .text),
        (
            "INSERT INTO odd AS o SELECT id FROM book WHERE lent ON CONFLICT (id) DO UPDATE SET id = 1 RETURNING o.id",
            .text
        ),
        ("UPDATE odd SET id = b.title FROM book b WHERE odd.id = b.title RETURNING b.id", .int8),
        ("DELETE FROM odd USING book b WHERE odd.id = b.title RETURNING b.id", .int8),
        ("SELECT author.id FROM ONLY author WHERE extract(year FROM born) > 2000", .int8),
    ])
    func aNameIsOfTheQueryAroundIt(_ sql: String, _ type: PostgresType) {
        let typer = Self.typer(sql)
        #expect(typer.query(0..<typer.scope.items.count, column: 0) == .known(type))
    }

    /// Each of many columns is of all others: in all orders they would be looked at for days. Nothing is said of them.
    @Test func aQueryThatIsOfItselfIsUnderstoodInTime() {
        let names = (0..<40).map { "c\($0)" }
        let sum = names.joined(separator: " + ")
        let sql = """
            WITH RECURSIVE r (\(names.joined(separator: ", "))) AS (SELECT \(names.map { _ in "1" }.joined(separator: ", ")) \
            UNION ALL SELECT \(names.map { _ in sum }.joined(separator: ", ")) FROM r) SELECT c0 FROM r
            """
        let typer = Self.typer(sql)
        #expect(typer.query(0..<typer.scope.items.count, column: 0) == .unknown)
    }

    /// Each was looked for within the one before it, until the thread's stack was used up.
    @Test(arguments: [50, 20_000]) func queriesThatAreOfEachOtherTakeABoundedStack(_ count: Int) {
        let queries = (1..<count).map { ", w\($0) AS (SELECT a\($0 - 1) AS a\($0) FROM w\($0 - 1))" }.joined()
        let sql = "WITH w0 AS (SELECT lent AS a0 FROM book)\(queries) SELECT a\(count - 1) FROM w\(count - 1)"
        let typer = Self.typer(sql)
        let type = typer.query(0..<typer.scope.items.count, column: 0)
        #expect(type == (count > 50 ? .unknown : .known(.bool)))
    }

    @Test(arguments: [
        "SELECT max(id) FROM book, odd", "SELECT unknown(id) FROM book", "SELECT 1 UNION SELECT 'a'", "SELECT NULL",
        "SELECT CASE WHEN lent THEN 1 ELSE 'a' END FROM book",
        "SELECT sum(title) FROM book", "SELECT title + 1 FROM book",
        // What columns alone tell of `+` is computed by SQLite.
        "SELECT born + 7 FROM author", "SELECT max(born) + 7 FROM author", "SELECT (born) + 7 FROM author",
        "SELECT $1",
        "SELECT min(id, title) FROM book", "SELECT (", "SELECT )", "SELECT CASE", "SELECT f(", "SELECT a.", "SELECT",
        "",
        "SELECT id FROM unknown", "SELECT (SELECT id FROM unknown) FROM book", "SELECT odd.title FROM odd, book",
        "SELECT id FROM (SELECT born FROM author) AS s",
        // Other names of columns.
        "WITH w AS (SELECT id FROM odd) SELECT x.id FROM w AS x (n)", "SELECT id FROM author AS a (n, id)",
        // What leads back to itself.
        "SELECT s.n FROM (SELECT s.n FROM book) AS s", "SELECT n FROM (SELECT n FROM book) AS s",
        "SELECT x FROM coalesce(x) AS x", "SELECT x FROM max(x + (SELECT x)) AS x (x)",
        "WITH a AS (SELECT n FROM b), b AS (SELECT n FROM a) SELECT n FROM a",
        "SELECT n FROM (SELECT s.* FROM (SELECT t.n FROM book) AS t) AS s",
        "SELECT s.n FROM (SELECT s.* FROM book) AS s",
        "SELECT id FROM json_each('[]')",
        "SELECT id FROM (SELECT *, 1 FROM book UNION SELECT 1, * FROM odd) AS s",
        "SELECT x FROM (SELECT x FROM (SELECT x FROM x))", "WITH x (a AS (SELECT", "SELECT max() FROM book",
    ])
    func whatIsNotCertainIsNotSaid(_ sql: String) {
        let typer = Self.typer(sql)
        #expect(typer.query(0..<typer.scope.items.count, column: 0) == .unknown)
    }

    @Test(
        arguments: [
            ("SELECT * FROM book WHERE id = $1 AND $2 < price", [1: PostgresType.int8, 2: .numeric]),
            (
                "SELECT * FROM book b JOIN author a ON a.id = $1 WHERE b.at BETWEEN $2 AND $3",
                [1: .int8, 2: .timestamp, 3: .timestamp]
            ),
            ("SELECT * FROM book WHERE at NOT IN ($1, $2)", [1: .timestamp, 2: .timestamp]),
            ("SELECT * FROM book LIMIT $1 OFFSET $2", [1: .int8, 2: .int8]),
            // The first cast is the one of the parameter.
            ("SELECT $1::date::text, $2::int4::text::varchar", [1: .date, 2: .int4]),
            (
                "INSERT INTO book (lent, at, title) VALUES ($2, $1, upper($3)), ($4, now(), $5)",
                [1: .timestamp, 2: .bool, 4: .bool, 5: .text]
            ),
            (
                "INSERT INTO author VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET born = $4, name = excluded.name",
                [1: .int8, 2: .varchar, 3: .date, 4: .date]
            ),
            (
                "INSERT INTO book (lent, at) OVERRIDING SYSTEM VALUE VALUES ($1, $2)", [1: .bool, 2: .timestamp]
            ),
            ("UPDATE book SET weight = weight + $1, lent = $2 WHERE rowid = $3", [1: .float8, 2: .bool, 3: .int8]),
            ("DELETE FROM book AS b WHERE b.at >= $1", [1: .timestamp]),
            (
                "SELECT * FROM book WHERE lent AND (SELECT name FROM author LIMIT 1) = $1 OR (title) = $2",
                [1: .varchar]
            ),
            ("SELECT * FROM book WHERE lent AND (id) < $1 AND pg_catalog.length(title) > $2", [2: .int8]),
            ("SELECT * FROM book WHERE (at, id) > ($1, $2)", [1: .timestamp, 2: .int8]),
            (
                "SELECT * FROM book b WHERE (b.lent, at) NOT IN (($1, $2), (true, $3))",
                [1: .bool, 2: .timestamp, 3: .timestamp]
            ),
            ("UPDATE book SET (lent, at) = ($1, $2)", [1: .bool, 2: .timestamp]),
            (
                "SELECT CASE lent WHEN false THEN $1 WHEN $2 THEN 1 END, CASE length(title) WHEN $3 THEN 1 END FROM book",
                [2: .bool, 3: .int8]
            ),
            ("SELECT CASE WHEN $1 THEN 1 END, f(at, id) = ($2) FROM book", [:]),
            ("SELECT * FROM book WHERE (at || 1, upper(title)) = ($1, $2)", [:]),
            ("SELECT $1::int + $2::text", [1: .int4, 2: .text]),
            ("SELECT f($1::\"pg_catalog\".\"int4\"::text), $2::\"uuid\"", [1: .int4, 2: .uuid]),
            ("SELECT CAST($1 AS BIGINT), $2", [1: .int8]), ("SELECT * FROM book WHERE length(title) > $1", [1: .int8]),
            ("SELECT pg_try_advisory_lock($1), pg_advisory_unlock($2, $3)", [1: .int8, 2: .int4, 3: .int4]),
            ("SELECT pg_advisory_lock(1, $1), pg_advisory_lock($2 + 1), f($3)", [1: .int4]),
            (
                "SELECT * FROM (SELECT at::date FROM book WHERE at > $1) AS s WHERE at > $2", [1: .timestamp, 2: .date]
            ),
            (
                "WITH s AS (SELECT at::date FROM book) DELETE FROM book WHERE (at > $1) AND id IN (SELECT id FROM s WHERE at > $2)",
                [1: .timestamp, 2: .date]
            ),
            (
                "WITH s AS (SELECT at::date FROM book) SELECT at FROM book WHERE at > $1 UNION SELECT at FROM s WHERE at > $2",
                [1: .timestamp, 2: .date]
            ),
            (
                "SELECT 1 FROM book t WHERE t.id = $1 UNION ALL SELECT 1 FROM odd t WHERE t.id = $2",
                [1: .int8, 2: .text]
            ),
            (
                "UPDATE book SET lent = $1 WHERE id IN (SELECT lent FROM (SELECT title AS lent FROM book) AS s WHERE lent = $2)",
                [1: .bool, 2: .text]
            ),
            ("SELECT * FROM book, odd WHERE id = $1", [:]), ("SELECT * FROM book WHERE $1 = $2", [:]),
            ("SELECT * FROM book WHERE title LIKE $1", [:]), ("SELECT 1 - $1", [:]), ("$1 = ( $2 IN (", [:]),
            ("INSERT INTO book (", [:]), ("INSERT INTO book VALUES ($1", [1: .int8]),
        ] as [(String, [Int: PostgresType])])
    func parametersHaveTheTypesOfTheirPlaces(_ sql: String, _ types: [Int: PostgresType]) {
        let typed = ParameterTyper(Self.typer(sql)) { table in Self.tables[table].map { $0.map(\.0) } }
        #expect(typed.types == types)
    }

    @Test(
        arguments: [
            ("(id)", "id"), ("((max(id)))::text", "max"), ("(SELECT count(*) FROM book)", "count"),
            ("(SELECT id + 1 AS n FROM book)", "n"), ("(WITH w AS (SELECT 1 AS x) SELECT x FROM w)", "x"),
            ("(id + 1)", "?column?"), ("(id) + (id)", "?column?"), ("NOT (id)", "?column?"),
            ("EXISTS (SELECT 1)", "exists"), ("true", "bool"), ("NULL", "?column?"), ("true AS same", nil),
            ("NULL x", nil), ("id x", nil), ("book.id x", nil),
            ("id + 1 x", nil), ("a IS NULL x", nil), ("title COLLATE nocase", "?column?"), ("count(*) OVER w", "count"),
        ] as [(String, String?)])
    func whatStandsInParenthesesIsCalledByItsOwnName(_ expression: String, _ name: String?) {
        #expect(ColumnNames.all(of: "SELECT \(expression) FROM book", count: 1) == [name])
    }

    /// What a name means is looked for once, however many queries call a column by it.
    @Test func manyQueriesMayCallAColumnByOneName() {
        let query = "(SELECT id::text FROM book WHERE id > $1)"
        let sql = "SELECT id FROM " + (0..<2000).map { "\(query) AS s\($0)" }.joined(separator: ", ")
        let typer = Self.typer(sql)
        #expect(typer.query(0..<typer.scope.items.count, column: 0) == .known(.text))
        let parameters = ParameterTyper(typer) { table in Self.tables[table].map { $0.map(\.0) } }
        #expect(parameters.types == [1: .int8])
    }

    /// Each pair of brackets was a call within another one's.
    @Test func anArrayHasOneTypeWhateverItsDimensions() {
        #expect(PostgresType(cast: "int[][]") == PostgresType.int4.array)
        let brackets = String(repeating: "[]", count: 200_000)
        #expect(PostgresType(cast: "text \(brackets)") == PostgresType.text.array)
    }

    @Test func anyTextIsLookedAtWithoutTrapping() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix(seed)
        let words = [
            "SELECT", "FROM", "book", "(", ")", ",", ".", "id", "$1", "::int", "::", "AS", "CASE", "END", "WHEN",
            "THEN",
            "WITH", "UNION", "VALUES", "INTO", "INSERT", "UPDATE", "*", "+", "=", "BETWEEN", "AND", "IN", "CAST",
            "count", "NOT",
            "RETURNING", "'a'", "1", "x", "OVER", "[", ":", "COLLATE", "LIMIT", "pg_catalog", "OR", "JOIN",
        ]
        for _ in 0..<20_000 {
            let sql = (0..<Int.random(in: 0..<14, using: &generator))
                .map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
            let typer = Self.typer(sql)
            for column in 0..<3 { _ = typer.query(0..<typer.scope.items.count, column: column) }
            _ = ParameterTyper(typer) { table in Self.tables[table].map { $0.map(\.0) } }
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
