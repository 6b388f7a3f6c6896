import PostgresWire
import TandemSQLite
import Testing

@testable import Tandem

/// What is translated by the types of columns.
@Suite struct TypedPlacesTests {
    private static let columns: [String: PostgresType] = [
        "id": .int8, "a": .text, "j": .jsonb, "k": .json, "b": .bool, "d": .date,
        "at": .timestamp, "until": .timestamp, "time": .time,
        "bytes": .bytea,
    ]

    private func translated(_ sql: String) throws -> String {
        var source = sql
        let tokens = source.withUTF8 { Array(SQLTokenizer($0)) }
        let typer = ExpressionTyper(scope: StatementScope(SQLItem.items(of: sql))) { table in
            table == "t" ? Self.columns : nil
        }
        return try Dialect.translate(sql, tokens[...], TypedPlaces(typer)).text
    }

    /// Without the space that moved words leave behind.
    private func condensed(_ sql: String) -> String {
        sql.split(separator: " ").joined(separator: " ").replacing("( ", with: "(")
    }

    @Test(arguments: [
        "SELECT a || 'x' || id FROM t", "SELECT 'x' || 'y', $1 || 'x'", "SELECT j || a, a || j FROM t",
        "SELECT a || (SELECT max(a) FROM t) FROM t", "SELECT j || u.x FROM t, u", "SELECT '[1' || ', 2]'",
        "SELECT json_build_object FROM t", "SELECT ||", "SELECT j ||", "SELECT (j || FROM t",
        "SELECT a || 'x', b FROM t", "SELECT 'is: ' || k, '[' || k || ']', k || '' FROM t", "SELECT $1 || k FROM t",
        "SELECT json_object('a', id) || ',' FROM t",
    ])
    func textsAreJoinedBySQLite(_ sql: String) throws { #expect(try translated(sql) == sql) }

    @Test(arguments: [
        ("UPDATE t SET j = j || '{\"c\":3}'", "UPDATE t SET j = json(tandem_json_join(j, '{\"c\":3}'))"),
        ("UPDATE t SET j = $1 || t.j WHERE id = 1", "UPDATE t SET j = json(tandem_json_join($1, t.j)) WHERE id = 1"),
        ("SELECT x.j || NULL FROM t x", "SELECT json(tandem_json_join(x.j, NULL)) FROM t x"),
        ("SELECT k || j, k || k FROM t", "SELECT json(tandem_json_join(k, j)), json(tandem_json_join(k, k)) FROM t"),
        ("SELECT j -> 'a' || '{}' FROM t", "SELECT json(tandem_json_join((j -> 'a'), '{}')) FROM t"),
        ("SELECT \"J\" || '[]' || a FROM t", "SELECT (json(tandem_json_join(\"J\", '[]')) || a) FROM t"),
        (
            "SELECT a || 'x', (j || '{}') ->> 'a' FROM t",
            "SELECT a || 'x', tandem_json_text((json(tandem_json_join(j, '{}'))), 'a') FROM t"
        ),
        ("SELECT j || '{}' ->> 'a' FROM t", "SELECT tandem_json_text(json(tandem_json_join(j, '{}')), 'a') FROM t"),
        (
            "SELECT a FROM t WHERE j || '{}' @> '{}'",
            "SELECT a FROM t WHERE tandem_json_contains(json(tandem_json_join(j, '{}')), '{}')"
        ),
        ("SELECT '{}'::jsonb || $1", "SELECT json(tandem_json_join('{}', $1))"),
        (
            "SELECT json_set(a, '$.x', 1) || j FROM t",
            "SELECT json(tandem_json_join(json_set(a, '$.x', 1), j)) FROM t"
        ),
        (
            "SELECT s.x || '{}' FROM (SELECT j AS x FROM t) s",
            "SELECT json(tandem_json_join(s.x, '{}')) FROM (SELECT j AS x FROM t) s"
        ),
        ("EXPLAIN SELECT j || '{}' FROM t", "EXPLAIN QUERY PLAN SELECT json(tandem_json_join(j, '{}')) FROM t"),
        (
            "INSERT INTO t (j) VALUES ('{}') ON CONFLICT (id) DO UPDATE SET j = t.j || excluded.j",
            "INSERT INTO t (j) VALUES ('{}') ON CONFLICT (id) DO UPDATE SET j = json(tandem_json_join(t.j, excluded.j))"
        ),
    ])
    func documentsAreJoinedToADocument(_ sql: String, _ expected: String) throws {
        #expect(condensed(try translated(sql)) == expected)
    }

    @Test(arguments: [
        (
            "UPDATE t SET j = j - 'a' - $1",
            "UPDATE t SET j = json(tandem_json_remove(json(tandem_json_remove(j, 'a')), $1))"
        ),
        (
            "SELECT k - 1, j - -1 FROM t",
            "SELECT json(tandem_json_remove(k, 1)), json(tandem_json_remove(j, -1)) FROM t"
        ),
        ("SELECT j - ARRAY['a'] FROM t", "SELECT json(tandem_json_remove_all(j, json_array('a'))) FROM t"),
        ("SELECT j - '{a}'::text[] FROM t", "SELECT json(tandem_json_remove_all(j, '{a}')) FROM t"),
        ("SELECT (j -> 'a') - 'b' FROM t", "SELECT json(tandem_json_remove((j -> 'a'), 'b')) FROM t"),
        (
            "SELECT '{}' || j - 'a' FROM t",
            "SELECT json(tandem_json_join('{}', json(tandem_json_remove(j, 'a')))) FROM t"
        ),
        ("SELECT j #- '{a,0}' FROM t", "SELECT json(tandem_json_remove_at(j, '{a,0}')) FROM t"),
        ("SELECT id - 1, id - id, -id FROM t", "SELECT id - 1, id - id, -id FROM t"),
        ("SELECT j -> 'a' -> -2 FROM t", "SELECT ((j -> 'a') -> '$[#-2]') FROM t"),
    ])
    func membersAreTakenOutOfDocuments(_ sql: String, _ expected: String) throws {
        #expect(condensed(try translated(sql)) == expected)
    }

    @Test(arguments: [
        ("t.j['a'], j['a'][0], (k)[-1]", "(t.j -> 'a'), ((j -> 'a') -> 0), ((k) -> '$[#-1]')"),
        ("j[$1::text] FROM t WHERE j['a'] = '1'", "(j -> CAST($1 AS TEXT)) FROM t WHERE (j -> 'a') = '1'"),
        (
            "(ARRAY[1,2])[1], (array_agg(a))[1]",
            "tandem_element((json_array(1,2)), 1), tandem_element((json_group_array(a)), 1)"
        ),
        ("a AS [x y], t.[a], [j] [a b]", "a AS [x y], t.[a], [j] [a b]"),
    ])
    func subscriptsLookIntoDocumentsAndArrays(_ list: String, _ expected: String) throws {
        let rest = list.contains("FROM") ? "" : " FROM t"
        #expect(condensed(try translated("SELECT \(list)\(rest)")) == "SELECT \(expected)\(rest)")
    }

    @Test(arguments: [
        ("SELECT a['x'] FROM t", SQLState.datatypeMismatch), ("SELECT id[1] FROM t", .datatypeMismatch),
        ("SELECT j ['x'] FROM t", .syntaxError), ("SELECT j [$1] FROM t", .syntaxError),
    ])
    func bracketsThatAreNoSubscriptAreRefused(_ sql: String, _ code: SQLState) {
        let error = #expect(throws: PostgresError.self) { try translated(sql) }
        #expect(error?.code == code)
        #expect(error?.position != nil)
    }

    @Test(arguments: [
        ("until - at, d - 7", "tandem_subtract(until, at), tandem_subtract(d, 7)"),
        ("max(until) - min(t.at)", "tandem_subtract(max(until), min(t.at))"),
        ("date_part('day', until - at)", "tandem_extract('day', tandem_subtract(until, at))"),
        ("(CASE WHEN b THEN at END) - until", "tandem_subtract((CASE WHEN b THEN at END), until)"),
        ("until - at > '1 day'", "tandem_length(tandem_subtract(until, at)) > tandem_length('1 day')"),
        ("time - time", "tandem_subtract('T' || time, 'T' || time)"),
        ("id - 1, max(id) - min(id)", "id - 1, max(id) - min(id)"),
        ("d + 7, at = until", "d + 7, at = until"),
    ])
    func columnsTellThatDatesAreSubtracted(_ list: String, _ expected: String) throws {
        #expect(condensed(try translated("SELECT \(list) FROM t")) == "SELECT \(expected) FROM t")
    }

    @Test(arguments: [
        ("b::text", "CASE tandem_boolean(b) WHEN 0 THEN 'false' WHEN 1 THEN 'true' END"),
        (
            "id::int::text, b::bool::text",
            "CAST(CAST(id AS INTEGER) AS TEXT), CASE tandem_boolean(tandem_boolean(b)) WHEN 0 THEN 'false' WHEN 1 THEN 'true' END"
        ),
        ("(id > 1)::varchar", "CASE tandem_boolean((id > 1)) WHEN 0 THEN 'false' WHEN 1 THEN 'true' END"),
        ("bytes::text, a::text", "tandem_bytea_text(bytes), CAST(a AS TEXT)"),
        ("bytes || bytes", "CAST(tandem_bytea(bytes) || tandem_bytea(bytes) AS BLOB)"),
        (
            "'\\x00' || bytes || $1",
            "CAST(tandem_bytea(CAST(tandem_bytea('\\x00') || tandem_bytea(bytes) AS BLOB)) || tandem_bytea($1) AS BLOB)"
        ),
        ("bytes || a", "bytes || a"),
    ])
    func booleansAndBytesAreTextsAndBytesAsPostgreSQLHasThem(_ list: String, _ expected: String) throws {
        #expect(condensed(try translated("SELECT \(list) FROM t")) == "SELECT \(expected) FROM t")
    }

    /// Other programs have none of a node's functions.
    @Test(arguments: [
        ("b::text", "CASE b WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE CAST(b AS TEXT) END AS \"b\""),
        (
            "bytes::text",
            "CASE typeof(bytes) WHEN 'blob' THEN '\\x' || lower(hex(bytes)) ELSE CAST(bytes AS TEXT) END AS \"bytes\""
        ),
        ("a::uuid, CAST(a AS uuid)", "a, a"),
    ])
    func viewsCallNoFunctionsForCasts(_ list: String, _ expected: String) throws {
        let view = "CREATE VIEW v AS SELECT"
        #expect(condensed(try translated("\(view) \(list) FROM t")) == "\(view) \(expected) FROM t")
    }

    @Test(arguments: [
        "a::text", "(a > 1)::varchar(3)", "\"a\" :: text", "a - 1", "1 - a", "a['x']", "(a)[1]", "\"a\"[$1]",
        "f(a) - 1", "a['b']['c']",
    ])
    func operandsBesideMinusAndBracketsAreLookedAt(_ expression: String) {
        #expect(TypedPlaces.mayDependOnOperands("SELECT \(expression)"))
    }

    @Test(arguments: [
        "SELECT 'a - 1', \"b - 1\" -- c - 1", "VALUES (-1, +-1, '2024-01-01')", "SELECT a FROM [b c] WHERE d = -1",
        "SELECT ARRAY[1, 2]", "SELECT $1::text, 'a'::varchar, a::int, b::timestamp", "UPDATE t SET a = a + -5",
        "SELECT -1, CASE WHEN -a < 1 THEN -2 ELSE -3 END FROM t WHERE a BETWEEN -5 AND -3 AND NOT -b LIMIT -1",
    ])
    func statementsWithoutTheseNeedNoColumns(_ sql: String) { #expect(!TypedPlaces.mayDependOnOperands(sql)) }

    @Test func operandsWithinOthersAreLookedAtOnce() {
        let depth = 50
        let sql = "SELECT " + String(repeating: "(", count: depth) + "t.a" + String(repeating: " || t.a)", count: depth)
        var count = 0
        let typer = ExpressionTyper(scope: StatementScope(SQLItem.items(of: sql + " FROM t"))) { _ in
            count += 1
            return Self.columns
        }
        #expect(TypedPlaces(typer).joins == Array(repeating: .texts, count: depth))
        #expect(count <= 2 * (depth + 1))
    }

    @Test(arguments: [
        ("ARRAY[1,2] || 3", "tandem_json_join(tandem_array(json_array(1,2)), json_array(3))"),
        ("ARRAY[1] || ARRAY[2]", "tandem_json_join(tandem_array(json_array(1)), tandem_array(json_array(2)))"),
        ("id || '{1,2}'::int[]", "tandem_json_join(json_array(id), tandem_array(tandem_number_array('{1,2}')))"),
        ("ARRAY[1] || '{2}'", "tandem_json_join(tandem_array(json_array(1)), tandem_array('{2}'))"),
    ])
    func arraysAreJoinedToAnArray(_ expression: String, _ expected: String) throws {
        #expect(condensed(try translated("SELECT \(expression) FROM t")) == "SELECT \(expected) FROM t")
    }

    @Test(arguments: [
        ("json_agg(b)", "json_group_array(?b)"), ("json_agg(a)", "json_group_array(a)"),
        ("json_build_object('b', b, 'c', id)", "json_object('b', ?b, 'c', id)"),
        ("jsonb_build_object(a, id > 1, b, true)", "json_object(a, ?id > 1, b, ?true)"),
        ("json_build_array(b, json_build_array(b), a)", "json_array(?b, json_array(?b), a)"),
        ("json_object_agg(a, b)", "json_group_object(a, ?b)"),
        ("json_agg(DISTINCT b)", "json_group_array(DISTINCT b)"),
    ])
    func booleansAreWordsInJSON(_ expression: String, _ expected: String) throws {
        let marked = condensed(try translated("SELECT \(expression) FROM t"))
            .replacing("json(CASE tandem_boolean(", with: "?")
            .replacing(") WHEN 0 THEN 'false' WHEN 1 THEN 'true' END)", with: "")
        #expect(marked == "SELECT \(expected) FROM t")
    }

    private static let parameters: [Int: PostgresType] = [1: .interval, 2: .timestamp, 3: .time]

    @Test(arguments: [
        ("SELECT d + $1, $1 + d FROM t", "SELECT tandem_add(d, $1), tandem_add($1, d) FROM t"),
        (
            "SELECT a FROM t WHERE at > $2 - $1 AND span < $1",
            "SELECT a FROM t WHERE at > tandem_subtract($2, $1) AND tandem_length(span) < tandem_length($1)"
        ),
        ("UPDATE t SET span = $1, at = at - $2", "UPDATE t SET span = $1, at = tandem_subtract(at, $2)"),
        ("SELECT id + $4, -$1, $1 * 2", "SELECT id + $4, tandem_multiply(-1, $1), tandem_multiply($1, 2)"),
        ("SELECT at + $3 FROM t", "SELECT tandem_add(at, 'T' || $3) FROM t"),
        (
            "SELECT a FROM t WHERE span NOT BETWEEN $1 AND b",
            "SELECT a FROM t WHERE tandem_length(span) NOT BETWEEN tandem_length($1) AND tandem_length(b)"
        ),
    ])
    func parametersTellThatDatesAreComputed(_ sql: String, _ expected: String) throws {
        var source = sql
        let tokens = source.withUTF8 { Array(SQLTokenizer($0)) }
        let translated = try Dialect.translate(sql, tokens[...], TypedPlaces(parameters: Self.parameters)).text
        #expect(condensed(translated) == expected)
        #expect(TypedPlaces.computes(with: Self.parameters, in: SQLItem.items(of: sql)))
    }

    @Test(arguments: [
        "SELECT a FROM t WHERE at > $2 AND b - 1 > 2", "SELECT a * 2, $1 FROM t", "SELECT $4 + 1",
        "SELECT a FROM t WHERE at BETWEEN $2 AND $2",
    ])
    func nothingIsComputedWithParametersThatAreComparedAlone(_ sql: String) {
        #expect(!TypedPlaces.computes(with: Self.parameters, in: SQLItem.items(of: sql)))
    }
}
