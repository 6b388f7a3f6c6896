"""Results that are fetched in parts and are larger than memory may be for them: the rest waits in a file of the node's."""

import asyncio
import os

import asyncpg
import psycopg
import pytest

from conftest import wait_until
from memory import MIB, forget_peak, peak

ROWS = 300_000
# 1 KiB each, some 290 MiB.
LARGE = f"SELECT n::int8 AS n, printf('%01000d', n) AS text FROM generate_series(1, {ROWS}) AS r (n)"
# Of which a process of the node needs so much memory at most: far less than the rows, also than a single one of PostgreSQL's.
BOUND = 100 * MIB


@pytest.fixture
def node(make_pair):
    node = make_pair(replicas=0, acknowledgements="0").start().primary
    node.query("SELECT 1")
    forget_peak(node)
    return node


def files(node):
    """How many files the node has open that have no name any more, and how large they are."""
    folder = f"/proc/{node.process.pid}/fd"
    sizes = []
    for name in os.listdir(folder):
        try:
            if "(deleted)" in os.readlink(f"{folder}/{name}"):
                sizes.append(os.stat(f"{folder}/{name}").st_size)
        except FileNotFoundError:
            pass
    return sizes


def wait_for_room(node):
    wait_until(lambda: not files(node), 30, "the room is given back")


def check(rows, first=1):
    for number, row in enumerate(rows, first):
        assert row[0] == number and int(row[1]) == number
    return number


def test_a_named_cursor_reads_more_than_memory_holds(node):
    base = peak(node)
    with node.connect(autocommit=False) as connection, connection.cursor("large") as cursor:
        cursor.itersize = 5_000
        cursor.execute(LARGE)
        assert sum(files(node)) > 290 * MIB
        assert check(cursor) == ROWS
    assert peak(node) - base < BOUND
    wait_for_room(node)


def test_asyncpg_reads_them_in_binary_while_the_block_writes(node):
    base = peak(node)

    async def read():
        connection = await asyncpg.connect(host="127.0.0.1", port=node.port, user="test", database="test")
        await connection.execute("CREATE TABLE t (a INTEGER)")
        async with connection.transaction():
            await connection.execute("INSERT INTO t VALUES (1)")
            count = 0
            async for row in connection.cursor(LARGE, prefetch=5_000):
                count += 1
                assert row["n"] == count and int(row["text"]) == count
            assert count == ROWS
            await connection.execute("INSERT INTO t VALUES (2)")
        assert await connection.fetchval("SELECT count(*) FROM t") == 2
        await connection.close()

    asyncio.run(read())
    assert peak(node) - base < BOUND
    wait_for_room(node)


def test_all_of_a_cursor_is_sent_as_fast_as_its_client_reads(node):
    base = peak(node)
    with node.connect() as connection:
        connection.execute("BEGIN READ ONLY")
        connection.execute(f"DECLARE c CURSOR FOR {LARGE}")
        assert connection.execute("MOVE 9 IN c").statusmessage == "MOVE 9"
        assert check(connection.execute("FETCH 1 c"), 10) == 10
        assert check(connection.execute("FETCH 1000 c"), 11) == 1_010
        assert connection.execute(f"MOVE {ROWS - 101_010} IN c").statusmessage == f"MOVE {ROWS - 101_010}"
        # 100 MiB in one answer.
        answer = connection.execute("FETCH ALL c")
        assert answer.statusmessage == "FETCH 100000"
        assert check(answer, ROWS - 100_000 + 1) == ROWS
        assert connection.execute("FETCH ALL c").fetchall() == []
        connection.execute("COMMIT")
    assert peak(node) - base < BOUND
    wait_for_room(node)


@pytest.mark.parametrize("end", ["CLOSE c", "ROLLBACK", "COMMIT", "SELECT absent", None])
def test_room_is_given_back_however_a_cursor_ends(node, end):
    connection = node.connect()
    connection.execute("BEGIN")
    connection.execute(f"DECLARE c CURSOR FOR {LARGE}")
    assert check(connection.execute("FETCH 3 c")) == 3
    assert len(files(node)) == 1
    if end is None:
        connection.close()
    elif end == "SELECT absent":
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.execute(end)
        # In a failed block nobody fetches any more, but it may still be saved.
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("FETCH 3 c")
        connection.execute("ROLLBACK")
    else:
        connection.execute(end)
    wait_for_room(node)
    if end is not None:
        connection.close()


def test_what_they_take_of_the_disk_is_bounded(make_pair):
    node = make_pair(replicas=0, acknowledgements="0", primary_options=["--maximum-answer-files", "120MiB"]).start().primary
    with node.connect() as connection, node.connect() as second, node.connect() as other:
        for session in (connection, second):
            session.execute("BEGIN")
            session.execute(f"DECLARE c CURSOR FOR {LARGE} LIMIT 60000")
        # All of it is in use, and nobody has more than half.
        for session in (other, second):
            if session is other:
                session.execute("BEGIN")
            with pytest.raises(psycopg.errors.ConfigurationLimitExceeded) as refusal:
                session.execute(f"DECLARE d CURSOR FOR {LARGE} LIMIT 60000")
            assert "--maximum-answer-files" in refusal.value.diag.message_hint
            session.execute("ROLLBACK")
        wait_until(lambda: len(files(node)) == 1, 30, "the room of the others is given back")
        # What is sent while it is made, and what is short, needs none of it.
        assert other.execute(f"{LARGE} LIMIT 100000").rowcount == 100_000
        other.execute("BEGIN")
        other.execute(f"DECLARE c CURSOR FOR {LARGE} LIMIT 1000")
        assert check(other.execute("FETCH ALL c")) == 1_000
        other.execute("COMMIT")
        assert check(connection.execute("FETCH ALL c")) == 60_000
        connection.execute("COMMIT")
        other.execute("BEGIN")
        other.execute(f"DECLARE c CURSOR FOR {LARGE} LIMIT 60000")
        assert check(other.execute("FETCH 2 c")) == 2


@pytest.mark.parametrize("block", ["BEGIN READ ONLY", "BEGIN; CREATE TABLE t (a INT)"])
def test_what_is_sent_from_the_disk_can_be_ended(node, block):
    with node.connect() as connection:
        connection.execute(block)
        connection.execute(f"DECLARE c CURSOR FOR {LARGE}")
        connection.execute("SET statement_timeout = '20ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("FETCH ALL c")
        connection.execute("ROLLBACK")
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
    wait_for_room(node)
