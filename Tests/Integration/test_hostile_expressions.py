"""Expressions that any reader may send, which would end a node or hold one of its threads: they are refused, or answered."""

import psycopg
import pytest

from conftest import Node


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    node = Node(tmp_path_factory.mktemp("expressions"), "primary", options=["--acknowledgements", "0"]).start()
    node.wait_ready()
    with node.connect() as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (1)")
    yield node
    assert node.process.poll() is None, node.text()
    node.kill()


def selected(depth):
    """Queries within the select lists of others, each of which is written several times where it is a key."""
    query = "SELECT 1 AS a"
    for _ in range(depth):
        query = f"SELECT DISTINCT ON (1) ({query}) AS a ORDER BY 1"
    return query


def chain(count):
    """Queries of WITH, each of the one before it, and a string that is looked at beside the last one's column."""
    queries = "".join(f", w{number} AS (SELECT a{number - 1} AS a{number} FROM w{number - 1})" for number in range(1, count))
    return f"(WITH w0 AS (SELECT 1 AS a0){queries} SELECT a{count - 1} FROM w{count - 1} WHERE a{count - 1} <> 't')"


LOWEST, HIGHEST = -1 << 63, (1 << 63) - 1
REFUSED = {
    "brackets that hide parentheses": ("ARRAY[" + "(" * 20_000 + "1" + ")" * 20_000 + "]", "54001"),
    "casts that write a long operand again and again": ("'" + "x" * (1 << 20) + "'" + "::regclass" * 6, "54001"),
    "keys that are written again and again": (f"({selected(20)})", "54001"),
    "quantifiers without an end": ("'a' ~ ('a' || repeat('+', 60000))", "2201B"),
    "repetitions without an end": ("'a' ~ ('a' || repeat('{1}', 20000))", "2201B"),
    "alternatives without an end": ("'a' ~ repeat('|', 60000)", "2201B"),
    "a pattern of megabytes": ("'a' ~ repeat('|', 1000000)", "2201B"),
    "a pattern of dates of megabytes": ("to_char(now(), repeat('-', 4000000))", "54000"),
    "a pattern of numbers of megabytes": ("to_char(1, repeat('9', 4000000))", "54000"),
    "a pattern of many states on a long text": ("repeat('a', 10000000) ~ '((a?){20}){20}b'", "54000"),
    "many matches of groups": ("length(regexp_replace(repeat('a', 10000000), '" + "(a?)" * 100 + "', 'x', 'g'))", "54000"),
    "arrays within large arrays": ("('[' || repeat('[1],', 100000) || '[2]]') @> ('[' || repeat('[2],', 100000) || '[2]]')", "54000"),
    "JSON that is nested without an end": ("repeat('[', 1000000) @> '[]'", "22023"),
    "thousands of queries that are of each other": (chain(20_000), "54001"),
    "the negative length of a part": ("substring('a' FROM 1 FOR -1)", "22011"),
}
ANSWERED = {
    "the last day": ("date_part('epoch', date '294276-12-31')", 9224317929600),
    "thousands of collations": ("'a'" + " COLLATE nocase" * 20_000, "a"),
    "hundreds of queries that are of each other": (chain(1_000), 1),
    "the last place": (f"substring('a' FROM {HIGHEST} FOR 1)", ""),
    "the place before all": (f"substring('a' FROM {LOWEST} FOR 1)", ""),
    "the place before all, and nothing of it": (f"substring('a' FROM {LOWEST} FOR 0)", ""),
    "all from the first place on": (f"substring('abc' FROM 1 FOR {HIGHEST})", "abc"),
    "an element before all": (f"(ARRAY[1])[{LOWEST}]", None),
    "steps of half of all numbers": (f"count(*) FROM generate_series({LOWEST}, {HIGHEST}, {1 << 62})", 4),
    "steps downwards": (f"count(*) FROM generate_series({HIGHEST}, {LOWEST}, {-1 << 62})", 4),
    "characters that are looked for among millions": ("length(translate(repeat('a', 5000000), repeat('b', 5000000), ''))", 5000000),
    "a long text that is no date": ("length(to_date(repeat('Mon', 5000000), repeat('DY', 1000) || 'YYYY'))", "22023"),
    "values that are looked for among many": (
        "('[' || repeat('1,', 500000) || '0]') @> ('[' || repeat('0,', 500000) || '1]')", 1),
}


def outcome(node, expression):
    with node.connect() as connection:
        try:
            return connection.execute(f"SELECT {expression}").fetchone()[0]
        except psycopg.Error as error:
            return error.sqlstate


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_out_of_all_proportion_is_refused(node, case):
    expression, code = REFUSED[case]
    assert outcome(node, expression) == code


@pytest.mark.parametrize("case", ANSWERED)
def test_what_lies_at_the_ends_of_numbers_and_texts_has_an_answer(node, case):
    expression, value = ANSWERED[case]
    assert outcome(node, expression) == value


LONG = {
    "a pattern": "repeat('a', 10000000) ~ '((a?){20}){20}b'",
    "a search": "regexp_count(repeat('a', 10000000), '(.*b)?')",
    "a document": "('[' || repeat('[1],', 100000) || '[2]]') @> ('[' || repeat('[2],', 100000) || '[2]]')",
}


@pytest.mark.parametrize("expression", LONG.values(), ids=LONG)
def test_a_function_ends_with_its_statement(node, expression):
    """SQLite stops no function while it runs. A read, and the writer."""
    for statement in (f"SELECT {expression}", f"UPDATE t SET a = {expression}"):
        with node.connect() as connection:
            connection.execute("SET statement_timeout = '20ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                connection.execute(statement)
    assert node.query("SELECT a FROM t") == [("1",)]
