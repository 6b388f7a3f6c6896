"""asyncpg: prepared statements described before they are bound, everything in binary, cursors, pools, COPY."""

import asyncio
import datetime
import decimal
import io
import uuid

import asyncpg
import pytest

BOOK = """CREATE TABLE book (
    id INTEGER PRIMARY KEY, title TEXT, at TIMESTAMP, price NUMERIC, lent BOOLEAN, cover BYTEA, uuid UUID, day DATE,
    hour TIME, seen TIMESTAMPTZ, weight REAL, notes JSON, more JSONB)"""
AT = datetime.datetime(2026, 11, 25, 1, 2, 3, 4000)
ROW = (
    1, "Emma", AT, decimal.Decimal("9.5"), True, b"\x00\xff", uuid.UUID(int=7), AT.date(), AT.time(),
    AT.replace(tzinfo=datetime.timezone.utc), 1.5, '{"a": 1}', '{"b": 2}')


def run(node, body):
    """Runs `body(connection)` on a connection to the node."""
    async def main():
        connection = await asyncpg.connect(
            host="127.0.0.1", port=node.port, user="test", database="test", ssl=False, timeout=10)
        try:
            return await body(connection)
        finally:
            await connection.close(timeout=10)
    return asyncio.run(main())


@pytest.fixture
def book(pair):
    async def make(connection):
        assert await connection.execute(BOOK) == "CREATE TABLE"
        places = ", ".join(f"${number}" for number in range(1, len(ROW) + 1))
        assert await connection.execute(f"INSERT INTO book VALUES ({places})", *ROW) == "INSERT 0 1"
    run(pair.primary, make)
    return pair


def test_values_of_all_types_come_back_as_they_went_in(book):
    book.wait_level()
    for node in book.nodes:
        assert run(node, lambda connection: connection.fetchrow("SELECT * FROM book WHERE id = $1", 1)) == ROW


@pytest.mark.parametrize("sql, value", [
    ("SELECT count(*) FROM book", 1), ("SELECT max(at) FROM book", AT), ("SELECT sum(price) * 2 FROM book", decimal.Decimal(19)),
    ("SELECT id + 1.5 FROM book", 2.5), ("SELECT coalesce(title, '') || '!' FROM book", "Emma!"),
    ("WITH x AS (SELECT count(*) AS n FROM book) SELECT n FROM x", 1), ("SELECT title FROM (SELECT * FROM book) AS b", "Emma"),
    ("SELECT (SELECT weight FROM book)", 1.5), ("SELECT x'00ff'", b"\x00\xff"), ("SELECT NULL", None),
    ("SELECT json_extract(notes, '$.a') FROM book", "1"), ("UPDATE book SET lent = true RETURNING id * 2", 2),
    ("SELECT avg(id) FROM book WHERE false", None), ("SELECT 9223372036854775807", 2**63 - 1),
])
def test_expressions_are_described_before_they_run_and_then_are_of_that_type(book, sql, value):
    async def body(connection):
        result = await connection.fetchval(sql)
        statement = await connection.prepare(sql)
        assert await statement.fetchval() == result
        return result
    assert run(book.primary, body) == value


@pytest.mark.parametrize("sql, arguments, value", [
    ("SELECT $1::int + 1", (41,), 42), ("SELECT $1", ("x",), "x"), ("SELECT title FROM book WHERE lent = $1", (True,), "Emma"),
    ("SELECT title FROM book WHERE at BETWEEN $1 AND $2", (AT, AT), "Emma"),
    ("SELECT title FROM book WHERE id IN ($1, $2) LIMIT $3", (1, 2, 5), "Emma"),
    ("UPDATE book SET weight = weight + $1 WHERE uuid = $2 RETURNING weight", (1.0, uuid.UUID(int=7)), 2.5),
    ("SELECT b.id FROM book b WHERE b.cover = $1", (b"\x00\xff",), 1),
    ("SELECT title FROM book WHERE (at, id) >= ($1, $2)", (AT, 1), "Emma"),
    ("SELECT title FROM book WHERE (lent, at) IN (($1, $2), ($3, $4))", (False, AT, True, AT), "Emma"),
    ("SELECT at + $1 FROM book", (datetime.timedelta(days=1),), AT + datetime.timedelta(days=1)),
    ("SELECT at - $1 FROM book", (AT - datetime.timedelta(hours=30),), datetime.timedelta(hours=30)),
    ("SELECT title FROM book WHERE lent AND (SELECT title FROM book WHERE id = 1) = $1", ("Emma",), "Emma"),
    ("SELECT CASE lent WHEN $1 THEN 'yes' END FROM book", (True,), "yes"),
])
def test_parameters_are_of_the_type_of_what_they_are_compared_with(book, sql, arguments, value):
    assert run(book.primary, lambda connection: connection.fetchval(sql, *arguments)) == value


def test_casts_that_sqlite_does_not_see_and_tables_made_anew_are_told_apart(book):
    async def body(connection):
        values = [await connection.fetchval(f"SELECT $1::{cast}", value)
                  for cast, value in (("text", "a"), ("int", 1), ("text", "b"), ("bool", True), ("timestamp", AT))]
        for declared, value in (("INT", 7), ("TEXT", "x"), ("BOOLEAN", True)):
            await connection.execute("DROP TABLE IF EXISTS changing")
            await connection.execute(f"CREATE TABLE changing (a {declared})")
            # Its own statements are kept by asyncpg, as they are with PostgreSQL.
            other = await asyncpg.connect(
                host="127.0.0.1", port=book.primary.port, user="test", database="test", ssl=False)
            await other.execute("INSERT INTO changing VALUES ($1)", value)
            values.append(await other.fetchval("SELECT a FROM changing WHERE a = $1", value))
            await other.close()
        return values
    assert run(book.primary, body) == ["a", 1, "b", True, AT, 7, "x", True]


def test_cursors_fetch_piece_by_piece(book):
    async def body(connection):
        await connection.executemany("INSERT INTO book (id, title) VALUES ($1, $2)", [(n, str(n)) for n in range(2, 501)])
        async with connection.transaction():
            seen = [row["id"] async for row in connection.cursor("SELECT id FROM book ORDER BY id", prefetch=7)]
            cursor = await connection.cursor("SELECT title FROM book WHERE id > $1 ORDER BY id", 490)
            first = await cursor.fetch(3)
            await cursor.forward(5)
            rest = await cursor.fetch(100)
        return seen, [row[0] for row in first], [row[0] for row in rest]
    seen, first, rest = run(book.primary, body)
    assert seen == list(range(1, 501))
    assert (first, rest) == (["491", "492", "493"], ["499", "500"])


def test_copy_carries_records_both_ways(book):
    async def body(connection):
        records = [(n, f"book {n}", None) for n in range(10, 2000)]
        assert await connection.copy_records_to_table(
            "book", records=records, columns=["id", "title", "at"]) == "COPY 1990"
        file = io.BytesIO()
        assert await connection.copy_from_table(
            "book", output=file, columns=["id", "title"], format="csv", header=True) == "COPY 1991"
        return file.getvalue()
    lines = run(book.primary, body).decode().split("\n")
    assert lines[:3] == ["id,title", "1,Emma", "10,book 10"]
    book.assert_identical()


def test_a_pool_resets_and_reuses_its_connections(book):
    async def main():
        async with asyncpg.create_pool(
                host="127.0.0.1", port=book.primary.port, user="test", database="test", ssl=False,
                min_size=1, max_size=1) as pool:
            async with pool.acquire() as connection:
                await connection.execute("SET application_name = 'changed'")
                process = connection.get_server_pid()
            async with pool.acquire() as connection:
                assert connection.get_server_pid() == process
                assert await connection.fetchval("SHOW application_name") != "changed"
                async with connection.transaction():
                    await connection.execute("DELETE FROM book")
                return await connection.fetchval("SELECT count(*) FROM book")
    assert asyncio.run(main()) == 0


def test_a_statement_that_takes_too_long_is_cancelled_and_the_connection_goes_on(book):
    async def body(connection):
        with pytest.raises(TimeoutError):
            await connection.fetchval(
                "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r", timeout=0.3)
        return await connection.fetchval("SELECT 1")
    assert run(book.primary, body) == 1


def test_a_table_that_changes_makes_its_statements_anew(book):
    async def body(connection):
        assert len(await connection.fetchrow("SELECT * FROM book")) == 13
        await connection.execute("ALTER TABLE book ADD COLUMN pages INT DEFAULT 7")
        return await connection.fetchrow("SELECT * FROM book")
    assert run(book.primary, body)["pages"] == 7


def test_arrays_are_refused_with_what_to_do_instead(book):
    async def body(connection):
        with pytest.raises(asyncpg.FeatureNotSupportedError) as caught:
            await connection.fetch("SELECT $1::int[]", [1])
        assert "json_each" in caught.value.hint
        assert await connection.fetch("SELECT id FROM book WHERE id = ANY($1)", "{1,2}") == [(1,)]
        return await connection.fetch("SELECT id FROM book WHERE id IN (SELECT value FROM json_each($1))", "[1, 2]")
    assert run(book.primary, body) == [(1,)]


def test_numbers_in_columns_of_times_are_sqlites_own_times(book):
    async def body(connection):
        await connection.execute("INSERT INTO book (id, at, day) VALUES (5, 1764032523, 2461004.5), (6, 2461004.75, 86400)")
        return await connection.fetch("SELECT at, day FROM book WHERE id > 4 ORDER BY id")
    assert run(book.primary, body) == [
        (datetime.datetime(2025, 11, 25, 1, 2, 3), datetime.date(2025, 11, 25)),
        (datetime.datetime(2025, 11, 25, 6, 0), datetime.date(1970, 1, 2))]


def test_types_of_the_catalogue_are_read_in_binary(book):
    async def body(connection):
        high, low = (int(half, 16) for half in (await connection.fetchval("SELECT pg_current_wal_lsn()::text")).split("/"))
        assert await connection.fetchval("SELECT pg_current_wal_lsn()") == high << 32 | low
        assert await connection.fetchval("SELECT relkind FROM pg_class WHERE relname = 'book'") == b"r"
    run(book.primary, body)
