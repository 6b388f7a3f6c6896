"""Cursors of DECLARE, as psycopg's named cursors and Django's iterators use them."""

import psycopg
import pytest

from test_clients import numbers, psql
from wire import SYNC, Wire, errors, execute, kinds, message, parse, tags


@pytest.fixture
def table(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TIMESTAMP)")
        connection.execute(f"INSERT INTO t (a) {numbers(100)}")
    pair.wait_level()
    return pair


def test_named_cursors_fetch_piece_by_piece_on_primary_and_replica(table):
    for node in table.nodes:
        with node.connect(autocommit=False) as connection:
            with connection.cursor("books") as cursor:
                cursor.itersize = 7
                cursor.execute("SELECT a, count(*) OVER () AS n FROM t WHERE a > %s ORDER BY a", (90,))
                assert [column.name for column in cursor.description] == ["a", "n"]
                assert cursor.fetchone() == (91, 10)
                assert cursor.fetchmany(2) == [(92, 10), (93, 10)]
                cursor.scroll(2)
                assert [row[0] for row in cursor] == [96, 97, 98, 99, 100]
                assert cursor.fetchall() == []
            connection.commit()


def test_a_cursor_ends_with_its_transaction_or_by_close(table):
    script = """
        BEGIN;
        DECLARE c NO SCROLL CURSOR WITHOUT HOLD FOR SELECT a FROM t ORDER BY a;
        FETCH c; FETCH 2 FROM c; FETCH FORWARD 1 IN c; FETCH 0 FROM c; MOVE 90 FROM c; FETCH NEXT c; FETCH ALL FROM c; FETCH c;
        COMMIT;
        FETCH c;
        BEGIN; DECLARE d CURSOR FOR SELECT 1; CLOSE d; FETCH d;
    """
    result = psql(table.primary, "-At", stdin=script)
    assert result.stdout.split("\n") == [
        "BEGIN", "DECLARE CURSOR", "1", "2", "3", "4", "MOVE 90", "95", "96", "97", "98", "99", "100", "COMMIT", "BEGIN",
        "DECLARE CURSOR", "CLOSE CURSOR", ""]
    assert result.stderr.count('cursor "c" does not exist') == 1 and result.stderr.count('cursor "d" does not exist') == 1


def test_the_rows_of_a_fetch_come_in_the_pieces_that_execute_asks_for(table):
    bind = message(b"B", b"p\0\0" + b"\0\0" * 3)
    with Wire(table.primary) as client:
        client.send(message(b"Q", b"BEGIN; DECLARE c CURSOR FOR SELECT a FROM t ORDER BY a\0"))
        assert not errors(client.ready())
        client.send(parse("FETCH 5 FROM c"), bind, execute(2, b"p"), execute(2, b"p"), execute(2, b"p"), execute(2, b"p"), SYNC)
        told = client.ready()
        assert kinds(told) == b"12DDsDDsDCCZ" and tags(told) == ["FETCH 1", "FETCH 0"]
        assert [body[6:] for kind, body in told if kind == b"D"] == [b"1", b"2", b"3", b"4", b"5"]
        # All five have left the cursor.
        client.send(message(b"Q", b"FETCH c; MOVE 2 FROM c; FETCH c; COMMIT\0"))
        told = client.ready()
        assert [body[6:] for kind, body in told if kind == b"D"] == [b"6", b"9"]


@pytest.mark.parametrize("sql, code", [
    ("DECLARE c CURSOR FOR DELETE FROM t", "0A000"), ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "0A000"),
    ("DECLARE c BINARY CURSOR FOR SELECT 1", "0A000"), ("DECLARE c CURSOR", "42601"), ("DECLARE c CURSOR FOR SELECT absent FROM t", "42703"), ("FETCH x", "34000"),
    ("FETCH BACKWARD 1 FROM c", "55000"), ("FETCH 1 FROM c x", "42601"), ("DECLARE old CURSOR FOR SELECT 1", "42P03"),
])
def test_what_cursors_cannot_do_is_refused(table, sql, code):
    with table.primary.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("DECLARE old CURSOR FOR SELECT 1")
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(sql)
        assert caught.value.sqlstate == code
        connection.execute("ROLLBACK")
        with pytest.raises(psycopg.errors.NoActiveSqlTransaction):
            connection.execute("DECLARE c CURSOR FOR SELECT 1")
