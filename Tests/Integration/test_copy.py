"""COPY as its users have it: psql's \\copy, psycopg's copy(), both ways and in all formats."""

import datetime
import decimal
import select
import threading
import uuid

import psycopg
import pytest

from conftest import wait_until
from memory import MIB, forget_peak, peak, resident
from test_clients import psql
from wire import COPY_DONE, Wire, errors, message, query, tags

BOOK = "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, price NUMERIC, lent BOOLEAN)"
ROWS = [(1, "Emma", decimal.Decimal("9.5"), True), (2, "tab\tline\nback\\slash \"quote\", é", None, False), (3, "", None, None)]


@pytest.fixture
def book(pair):
    with pair.primary.connect() as connection:
        connection.execute(BOOK)
        yield connection


def copy_in(connection, sql, data):
    cursor = connection.cursor()
    with cursor.copy(sql) as copy:
        copy.write(data)
    return cursor.rowcount


def copy_out(connection, sql):
    with connection.cursor().copy(sql) as copy:
        return b"".join(copy)


@pytest.mark.parametrize("format", ["text", "csv", "binary"])
def test_rows_come_back_as_they_went_in(book, pair, format):
    with book.cursor().copy(f"COPY book (id, title, lent, price) FROM STDIN (FORMAT {format})" if format != "csv"
                            else "COPY book (id, title, lent, price) FROM STDIN") as copy:
        if format == "binary":
            copy.set_types(["int8", "text", "bool", "numeric"])
        for row in ROWS:
            copy.write_row((row[0], row[1], row[3], row[2]))
    assert book.execute("SELECT * FROM book ORDER BY id").fetchall() == ROWS
    data = copy_out(book, f"COPY book TO STDOUT (FORMAT {format})")
    book.execute("DELETE FROM book")
    assert copy_in(book, f"COPY book FROM STDIN (FORMAT {format})", data) == 3
    assert book.execute("SELECT * FROM book ORDER BY id").fetchall() == ROWS
    pair.wait_level()
    assert copy_out(pair.replica.connect(), f"COPY book TO STDOUT (FORMAT {format})") == data


def test_text_and_csv_look_as_postgresql_writes_them(book):
    book.cursor().executemany("INSERT INTO book VALUES (%s, %s, %s, %s)", ROWS)
    assert copy_out(book, "COPY (SELECT id, title, price, lent FROM book ORDER BY id) TO STDOUT").decode() == (
        "1\tEmma\t9.5\tt\n2\ttab\\tline\\nback\\\\slash \"quote\", é\t\\N\tf\n3\t\t\\N\t\\N\n")
    assert copy_out(book, "COPY book TO STDOUT WITH CSV HEADER").decode() == (
        'id,title,price,lent\n1,Emma,9.5,t\n2,"tab\tline\nback\\slash ""quote"", é",,f\n3,"",,\n')
    assert copy_out(book, "COPY book (lent, id) TO STDOUT (FORMAT csv, DELIMITER ';', NULL 'nil', FORCE_QUOTE (id))"
                    ).decode() == 't;"1"\nf;"2"\nnil;"3"\n'


def test_psql_copies_files_both_ways(pair, tmp_path):
    file = tmp_path / "books.csv"
    file.write_text("id,title\n1,Emma\n2,\"Sense, and\nSensibility\"\n")
    psql(pair.primary, "-c", BOOK)
    result = psql(pair.primary, "-c", f"\\copy book (id, title) FROM '{file}' WITH (FORMAT csv, HEADER match)")
    assert (result.stdout, result.stderr) == ("COPY 2\n", "")
    result = psql(pair.primary, "-c", f"\\copy (SELECT title FROM book) TO '{tmp_path}/out.txt'")
    assert (result.stdout, result.stderr) == ("COPY 2\n", "")
    assert (tmp_path / "out.txt").read_text() == "Emma\nSense, and\\nSensibility\n"
    script = "COPY book (id, title) FROM STDIN;\n3\tLady Susan\n\\.\nSELECT count(*) FROM book;\n"
    assert psql(pair.primary, "-At", stdin=script).stdout == "COPY 1\n3\n"


@pytest.mark.parametrize("sql, data, code, message, context", [
    ("COPY book FROM STDIN", b"1\tEmma\t1\tt\nx\tPersuasion\t1\tt\n", "22P02",
     "invalid input syntax for type int8", 'COPY book, line 2, column id: "x"'),
    ("COPY book FROM STDIN", b"1\tEmma\n", "22P04", 'missing data for column "price"', 'COPY book, line 1: "1\tEmma"'),
    ("COPY book FROM STDIN", b"1\tEmma\t1\tt\t5\n", "22P04", "extra data after last expected column",
     'COPY book, line 1: "1\tEmma\t1\tt\t5"'),
    ("COPY book (id, title) FROM STDIN", b"1\tEmma\n1\tEmma\n", "23505", "UNIQUE constraint failed: book.id",
     'COPY book, line 2: "1\tEmma"'),
    ("COPY book (id, title) FROM STDIN", b"1\t\\N\n", "23502", "NOT NULL constraint failed: book.title",
     'COPY book, line 1: "1\t\\N"'),
    ("COPY book (id, title) FROM STDIN CSV", b'1,"Emma\n', "22P04", "unterminated CSV quoted field",
     'COPY book, line 2: "1,"Emma\n"'),
    ("COPY book (id, title) FROM STDIN CSV HEADER", b"a,b\n1,Emma\nx,y\n", "22P02",
     "invalid input syntax for type int8", 'COPY book, line 3, column id: "x"'),
    ("COPY book (id, title) FROM STDIN (FORMAT csv, HEADER match)", b"id,name\n", "22P04",
     'column name mismatch in header line field 2: got "name", expected "title"', 'COPY book, line 1: "id,name"'),
    ("COPY book (id, title) FROM STDIN BINARY", b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\2\0\0\0\1x\0\0\0\1y", "22P03",
     "incorrect binary data format for type int8", "COPY book, line 1, column id"),
    ("COPY book (id, title) FROM STDIN BINARY", b"1\tEmma\n", "22P04", "COPY file signature not recognized",
     "COPY book, line 0"),
])
def test_an_error_tells_line_and_column_undoes_all_and_the_session_goes_on(book, sql, data, code, message, context):
    with pytest.raises(psycopg.Error) as caught:
        copy_in(book, sql, data)
    diagnostic = caught.value.diag
    assert (diagnostic.sqlstate, diagnostic.message_primary, diagnostic.context) == (code, message, context)
    assert book.execute("SELECT count(*) FROM book").fetchone() == (0,)


@pytest.mark.parametrize("sql, code", [
    ("COPY book FROM '/etc/passwd'", "0A000"), ("COPY book TO PROGRAM 'cat'", "0A000"),
    ("COPY nowhere FROM STDIN", "42P01"), ("COPY nowhere TO STDOUT", "42P01"),
    ("COPY book (nothing) FROM STDIN", "42703"), ("COPY book (id, id) FROM STDIN", "42701"),
    ("COPY book FROM STDIN (FORMAT xml)", "22023"), ("COPY book FROM STDIN (sort)", "42601"),
    ("COPY book FROM STDIN (FORMAT csv, FORMAT csv)", "42601"), ("COPY book FROM STDIN (DELIMITER 'ab')", "0A000"),
    ("COPY book FROM STDIN (QUOTE '''')", "0A000"), ("COPY book FROM STDIN (ENCODING 'LATIN1')", "0A000"),
    ("COPY book TO STDOUT (FORMAT csv, FORCE_QUOTE (x))", "42P10"), ("COPY elsewhere.book TO STDOUT", "3F000"),
    ("COPY (DELETE FROM book) TO STDOUT", "0A000"), ("COPY (SELECT 1) FROM STDIN", "42601"),
    ("COPY book", "42601"),
])
def test_what_cannot_be_copied_is_refused_before_anything_is_sent(book, sql, code):
    with pytest.raises(psycopg.Error) as caught:
        with book.cursor().copy(sql):
            pass
    assert caught.value.sqlstate == code
    assert book.execute("SELECT 1").fetchone() == (1,)


def test_a_client_that_gives_up_leaves_nothing_behind(book):
    with pytest.raises(ZeroDivisionError):
        with book.cursor().copy("COPY book (id, title) FROM STDIN") as copy:
            copy.write_row((1, "Emma"))
            1 / 0
    assert book.execute("SELECT count(*) FROM book").fetchone() == (0,)


def test_copy_is_part_of_its_block(book, pair):
    with book.transaction():
        book.execute("INSERT INTO book (id, title) VALUES (1, 'Emma')")
        copy_in(book, "COPY book (id, title) FROM STDIN", b"2\tPersuasion\n")
        assert copy_out(book, "COPY book (id) TO STDOUT") == b"1\n2\n"
        with pytest.raises(psycopg.errors.UniqueViolation):
            with book.transaction():
                copy_in(book, "COPY book (id, title) FROM STDIN", b"3\tLady Susan\n1\tEmma\n")
        copy_in(book, "COPY book (id, title) FROM STDIN", b"4\tSanditon\n")
    with pytest.raises(psycopg.errors.UniqueViolation), book.transaction():
        copy_in(book, "COPY book (id, title) FROM STDIN", b"5\tThe Watsons\n4\tSanditon\n")
    assert copy_out(book, "COPY book (id) TO STDOUT") == b"1\n2\n4\n"
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), book.transaction():
        book.execute("SET TRANSACTION READ ONLY")
        copy_in(book, "COPY book (id, title) FROM STDIN", b"6\tCatharine\n")
    pair.assert_identical()


def test_a_replica_refuses_copy_from(book, pair):
    pair.wait_level()
    with pair.replica.connect() as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as caught:
        copy_in(connection, "COPY book (id, title) FROM STDIN", b"1\tEmma\n")
    assert "COPY FROM" in str(caught.value)


def test_a_query_string_goes_on_after_its_copy(pair):
    psql(pair.primary, "-c", BOOK)
    result = psql(
        pair.primary, "-At", "-c",
        "INSERT INTO book (id, title) VALUES (1, 'Emma'); COPY book (id, title) FROM STDIN; SELECT count(*) FROM book",
        stdin="2\tPersuasion\n")
    assert result.stdout == "INSERT 0 1\nCOPY 1\n2\n", result.stderr


@pytest.mark.parametrize("size", [1, 2 << 20], ids=["short", "long"])
@pytest.mark.parametrize("ahead", [False, True], ids=["asked", "ahead"])
def test_a_query_string_may_have_several_copies(book, pair, size, ahead):
    """Behind a long one that had come to its end the rows of the next were not waited for."""
    rows = lambda number: [message(b"d", f"{number}\t{'x' * size}\n".encode()), COPY_DONE]
    with Wire(pair.primary) as client:
        client.send(query("COPY book (id, title) FROM STDIN; " * 2 + "COPY book (id, title) FROM STDIN; SELECT count(*) FROM book"))
        if ahead:
            client.send(*rows(1), *rows(2), *rows(3))
        else:
            for number in (1, 2, 3):
                assert client.until(b"G")[-1][0] == b"G"
                client.send(*rows(number))
        told = client.ready()
        assert tags(told)[-2:] == ["COPY 1", "SELECT 1"] and not errors(told)
    assert book.execute("SELECT id, length(title) FROM book ORDER BY id").fetchall() == [(number, size) for number in (1, 2, 3)]
    # All or nothing.
    with Wire(pair.primary) as client:
        client.send(query("COPY book (id, title) FROM STDIN; COPY book (id, title) FROM STDIN"))
        client.until(b"G")
        client.send(*rows(4))
        client.until(b"G")
        client.send(*rows(4))
        assert errors(client.ready()) == ["23505"]
    assert book.execute("SELECT count(*) FROM book").fetchone() == (3,)


def test_declared_types_are_read_and_written_as_everywhere(pair):
    values = [(True, datetime.date(2026, 11, 25), datetime.datetime(2026, 11, 25, 12, 30, 1, 5000), b"\x00\xff",
               uuid.UUID(int=7), 1.5, {"a": 1})]
    with pair.primary.connect() as connection:
        connection.execute(
            "CREATE TABLE t (flag BOOLEAN, day DATE, at TIMESTAMP, bytes BYTEA, id UUID, real DOUBLE PRECISION, j JSONB)")
        for format in ("text", "binary"):
            with connection.cursor().copy(f"COPY t FROM STDIN (FORMAT {format})") as copy:
                copy.set_types(["bool", "date", "timestamp", "bytea", "uuid", "float8", "jsonb"])
                for row in values:
                    copy.write_row((*row[:6], psycopg.types.json.Jsonb(row[6])))
            assert connection.cursor(binary=format == "binary").execute("SELECT * FROM t").fetchall() == values
            with connection.cursor().copy(f"COPY t TO STDOUT (FORMAT {format})") as copy:
                copy.set_types(["bool", "date", "timestamp", "bytea", "uuid", "float8", "jsonb"])
                assert list(copy.rows()) == values
            connection.execute("DELETE FROM t")


def test_binary_numbers_are_read_as_wide_as_postgresql_has_them(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT, b SMALLINT, c BIGINT, d REAL)")
        for types in (["int4", "int2", "int8", "float4"], ["int8", "int8", "int8", "float8"]):
            with connection.cursor().copy("COPY t FROM STDIN (FORMAT binary)") as copy:
                copy.set_types(types)
                copy.write_row((-2**31, -2**15, -2**63, 1.5))
                copy.write_row((None, 7, None, None))
        assert connection.execute("SELECT * FROM t").fetchall() == [(-2**31, -2**15, -2**63, 1.5), (None, 7, None, None)] * 2


def test_a_short_copy_keeps_the_writer_from_nobody_while_its_client_sends(book, pair):
    with pair.primary.connect() as other, book.cursor().copy("COPY book (id, title) FROM STDIN") as copy:
        copy.write_row((1, "Emma"))
        other.execute("INSERT INTO book (id, title) VALUES (2, 'Persuasion')")
        copy.write_row((3, "Sanditon"))
    assert copy_out(book, "COPY book (id) TO STDOUT") == b"1\n2\n3\n"


def test_a_client_that_stops_sending_loses_the_writer(make_pair):
    pair = make_pair(primary_options=["--idle-in-transaction-timeout", "1s"]).start()
    with pair.primary.connect() as slow, pair.primary.connect() as other:
        other.execute(BOOK)
        other.execute("SET lock_timeout = '100ms'")

        def is_refused():
            try:
                other.execute("INSERT INTO book (title) VALUES ('Emma')")
                return False
            except psycopg.errors.LockNotAvailable:
                return True

        with pytest.raises((psycopg.errors.IdleInTransactionSessionTimeout, psycopg.OperationalError)):
            with slow.cursor().copy("COPY book (title) FROM STDIN") as copy:
                # More than is collected without the writer.
                for _ in range(40):
                    copy.write(b"x" * (1 << 16) + b"\n")
                wait_until(is_refused, what="the copy has the writer")
                wait_until(lambda: not is_refused(), what="the writer is free again")
                for _ in range(200):
                    copy.write(b"x" * (1 << 16) + b"\n")
        assert other.execute("SELECT DISTINCT title FROM book").fetchall() == [("Emma",)]


@pytest.mark.parametrize("size", [1, 3 << 20])
def test_a_copy_is_cancelled_while_its_client_sends(book, pair, size):
    with pytest.raises(psycopg.errors.QueryCanceled):
        with book.cursor().copy("COPY book (title) FROM STDIN") as copy:
            copy.write(b"x\n" * size)
            wait_until(lambda: pair.primary.query("SELECT 1"), what="it has arrived")
            book.cancel()
            for _ in range(300):  # Until the server says so, which the driver passes on at the end.
                copy.write(b"y\n")
                if select.select([book.fileno()], [], [], 0.01)[0]:
                    break
    assert book.execute("SELECT count(*) FROM book").fetchone() == (0,)


def test_pipelines_carry_copy_to_as_far_as_libpq_lets_them(book):
    book.execute("INSERT INTO book (id, title) VALUES (1, 'Emma')")
    with pytest.raises(psycopg.Error):
        with book.pipeline():
            book.cursor().copy("COPY book TO STDOUT").__enter__()
    assert copy_out(book, "COPY book (title) TO STDOUT") == b"Emma\n"


def test_a_million_rows_stream_in_bounded_memory_both_ways(make_pair):
    pair = make_pair(acknowledgements="0").start()
    count = 1_000_000
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)")
        pair.wait_level()
        base = resident(pair.primary)
        lines = b"".join(b"%d\tthe title of this book is number %d\n" % (n, n) for n in range(count))
        with connection.cursor().copy("COPY book FROM STDIN") as copy:
            for start in range(0, len(lines), 1 << 16):
                copy.write(lines[start:start + (1 << 16)])
        taken = peak(pair.primary) - base
        # The transaction's record, of about the data's size, and what is on its way.
        assert taken < 5 * len(lines) // 2 + 64 * MIB, f"{taken >> 20} MiB for {len(lines) >> 20} MiB"
        forget_peak(pair.primary)
        base = resident(pair.primary)
        received = 0
        with connection.cursor().copy("COPY book TO STDOUT") as copy:
            for data in copy:
                received += len(data)
        assert received == len(lines)
        taken = peak(pair.primary) - base
        assert taken < 16 * MIB, f"{taken >> 20} MiB to send {received >> 20} MiB"
    pair.assert_identical()


def test_a_client_that_does_not_read_its_rows_takes_no_memory(book, pair):
    book.execute(
        "INSERT INTO book (title) WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 200000) "
        "SELECT printf('%0200d', n) FROM r")
    base = resident(pair.primary)
    forget_peak(pair.primary)
    with pair.primary.connect() as slow, pair.primary.connect() as other:
        with slow.cursor().copy("COPY book TO STDOUT") as copy:
            next(iter(copy))
            done = threading.Event()
            writer = threading.Thread(
                target=lambda: (other.execute("INSERT INTO book (title) VALUES ('Emma')"), done.set()))
            writer.start()
            assert done.wait(10), "a slow reader keeps the writer waiting"
            writer.join()
            taken = peak(pair.primary) - base
            for _ in copy:
                pass
    assert taken < 16 * MIB, f"{taken >> 20} MiB for a client that does not read"
