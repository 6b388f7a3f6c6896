"""What a session answers to messages one after the other, beside a PostgreSQL server."""

import threading

import psycopg
import pytest

from conftest import wait_until
from wire import BIND, DESCRIBE, SYNC, Wire, execute, message, parse, query, story

BIND_NAMED, DESCRIBE_NAMED = message(b"B", b"\0s\0" + b"\0\0" * 3), message(b"D", b"Ss\0")
INSERT, FAIL = "INSERT INTO t VALUES (1)", "SELECT no_such_column FROM t"

# Of each line one message after the other is sent and answered: a query string, or a pipeline up to its Sync.
BLOCKS = [
    ["BEGIN", INSERT, "COMMIT AND CHAIN", "SELECT a FROM t", "ROLLBACK", "SELECT a FROM t"],
    ["BEGIN", INSERT, "ROLLBACK AND CHAIN", INSERT, "COMMIT", "SELECT a FROM t"],
    ["BEGIN READ ONLY", "COMMIT AND CHAIN", INSERT, "COMMIT AND CHAIN", "SELECT a FROM t", "COMMIT"],
    ["BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY", "COMMIT AND CHAIN", "ROLLBACK AND NO CHAIN", "COMMIT"],
    ["BEGIN; INSERT INTO t VALUES (1); COMMIT AND CHAIN; INSERT INTO t VALUES (2)", "ROLLBACK", "SELECT a FROM t"],
    ["BEGIN; INSERT INTO t VALUES (1); COMMIT AND CHAIN; INSERT INTO t VALUES (2); COMMIT", "SELECT a FROM t"],
    ["COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "COMMIT AND NO CHAIN", "INSERT INTO t VALUES (1); COMMIT AND CHAIN", "SELECT a FROM t"],
    ["BEGIN", INSERT, "COMMIT nonsense", "COMMIT", "SELECT a FROM t"],
    ["BEGIN", "SAVEPOINT s", INSERT, "ROLLBACK TO s nonsense", "ROLLBACK TO s", "RELEASE s", "COMMIT", "SELECT a FROM t"],
    ["BEGIN", "SET LOCAL statement_timeout = 7", "COMMIT AND CHAIN", "SHOW statement_timeout", "ROLLBACK"],
    ["BEGIN", "DISCARD ALL", "ROLLBACK", "SELECT 1; DISCARD ALL", "DISCARD ALL"],
    ["INSERT INTO t VALUES (1), (2)", "BEGIN", "DECLARE c CURSOR FOR SELECT a FROM t ORDER BY a", "PREPARE s AS SELECT 1",
     "DEALLOCATE s", "FETCH 1 FROM c", "DEALLOCATE ALL", "FETCH 1 FROM c", "COMMIT", "FETCH 1 FROM c"],
]

ROWS = "SELECT a FROM t ORDER BY a"

# Pipelines in a block that has failed, and Executes with a row limit.
PIPELINES = [
    ["BEGIN", FAIL, [parse("SELECT 1")], [parse("ROLLBACK"), BIND, DESCRIBE, execute()]],
    ["BEGIN", [parse("SELECT 1", b"s")], FAIL, [BIND_NAMED], [DESCRIBE_NAMED], "ROLLBACK"],
    ["BEGIN", [parse("SHOW search_path", b"s")], FAIL, [BIND_NAMED], [DESCRIBE_NAMED], "ROLLBACK"],
    ["BEGIN", FAIL, [parse("SHOW search_path")], [parse("")], "COMMIT"],
    ["BEGIN", [parse("COMMIT", b"s")], FAIL, [DESCRIBE_NAMED], [BIND_NAMED, DESCRIBE, execute()]],
    ["BEGIN", [parse("INSERT INTO t VALUES (1)", b"s")], FAIL, [DESCRIBE_NAMED], [BIND_NAMED], "ROLLBACK"],
    ["INSERT INTO t VALUES (1), (2), (3), (4), (5)", [parse(ROWS), BIND, execute(2), execute(2), execute(2), execute(2)]],
    ["INSERT INTO t VALUES (1), (2), (3), (4)", [parse(ROWS), BIND, execute(2), execute(2), execute(2)], [parse(ROWS), BIND, execute(9)]],
    ["INSERT INTO t VALUES (1), (2), (3), (4)", [parse(ROWS), BIND, execute(1), execute()], [parse(ROWS + " LIMIT 0"), BIND, execute(1)]],
    [[parse("INSERT INTO t VALUES (1), (2), (3) RETURNING a"), BIND, execute(2), execute(2)], ROWS],
    [[parse("INSERT INTO t VALUES (1), (2), (3)"), BIND, execute(2)], [parse("UPDATE t SET a = 4"), BIND, execute(1)], ROWS],
    [[parse("INSERT INTO t VALUES (1), (2), (3) RETURNING a"), BIND, execute(2), execute()], [parse("UPDATE t SET a = 4 RETURNING a"), BIND, execute(3), execute(3)]],
    ["INSERT INTO t VALUES (1), (2), (3)", "BEGIN", f"DECLARE c CURSOR FOR {ROWS}", [execute(2, b"c"), execute(2, b"c")], "COMMIT"],
    [[parse("SHOW search_path"), BIND, DESCRIBE, execute(1), execute(1)], [parse("SHOW search_path"), BIND, execute(2)]],
    ["BEGIN", [parse("SHOW search_path"), BIND, execute(1)], [parse(FAIL, b"f")], [execute(1)], "ROLLBACK"],
    ["BEGIN", [parse(ROWS), BIND, execute(1)], [parse(FAIL, b"f")], [DESCRIBE], [execute(1)], "ROLLBACK"],
    # A portal runs once.
    [[parse(INSERT), BIND, execute(), execute()], ROWS],
    ["BEGIN", [parse(INSERT), BIND, execute()], [execute()], "COMMIT", ROWS],
    [[parse(INSERT + " RETURNING a"), BIND, execute(), execute(), execute(1)], ROWS],
    ["INSERT INTO t VALUES (1), (2)", [parse(ROWS), BIND, DESCRIBE, execute(), execute(), execute(1)]],
    ["INSERT INTO t VALUES (1), (2)", [parse("UPDATE t SET a = a + 1"), BIND, execute(), execute()], ROWS],
    [[parse("SHOW search_path"), BIND, execute(), execute()], [parse("SET search_path = public"), BIND, execute(), execute()]],
    [[parse(""), BIND, execute(), execute()], [parse("BEGIN"), BIND, execute(), execute()], "ROLLBACK"],
    ["BEGIN", [parse("COMMIT"), BIND, execute(), execute()]],
    ["INSERT INTO t VALUES (1), (2)", "BEGIN", f"DECLARE c CURSOR FOR {ROWS}", [parse("FETCH ALL FROM c"), BIND, execute(), execute()], "COMMIT"],
]


@pytest.fixture
def both(shared_pair, postgresql):
    servers = [shared_pair.primary, postgresql]
    for server in servers:
        with server.connect() as connection:
            connection.execute("DROP TABLE IF EXISTS t")
            connection.execute("CREATE TABLE t (a INT)")
    return servers


def told(server, messages):
    """What a session of its own answers to each, with the rows it shows."""
    with Wire(server) as client:
        answers = []
        for one in messages:
            client.send(query(one) if isinstance(one, str) else b"".join(one) + SYNC)
            answers.append(story(client.ready()))
        return answers


@pytest.mark.parametrize("messages", BLOCKS, ids=lambda messages: "; ".join(messages)[:60])
def test_blocks_begin_and_end_as_in_postgresql(both, messages):
    tandem, postgresql = [told(server, messages) for server in both]
    assert tandem == postgresql


@pytest.mark.parametrize("number", range(len(PIPELINES)))
def test_pipelines_are_answered_as_in_postgresql(both, number):
    tandem, postgresql = [told(server, PIPELINES[number]) for server in both]
    assert tandem == postgresql


@pytest.mark.parametrize("isolation", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE], ids=lambda level: level.name)
def test_what_is_read_and_then_written_is_lost_by_nobody(both, isolation):
    """PostgreSQL has both read, and tells the second to run again (40001). A node has one writer, which is the first one's from
    its read on: the second waits before it reads, and fails only if that takes too long (55P03). Who runs again what failed in
    one of these ways comes to the same on both."""
    for server in both:
        is_postgresql = server is both[1]
        failures = []
        has_read = threading.Event()
        with server.connect() as first, server.connect() as second:
            first.execute("INSERT INTO t VALUES (10)")
            for client in (first, second):
                client.isolation_level = isolation

            def increase():
                while True:
                    try:
                        with second.transaction():
                            [(value,)] = second.execute("SELECT a FROM t").fetchall()
                            has_read.set()
                            second.execute("UPDATE t SET a = %s", (value + 1,))
                        return
                    except psycopg.Error as error:
                        failures.append(type(error))
                        if len(failures) > 100 or not isinstance(error, (psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable)):
                            return

            second.execute("SET lock_timeout = '200ms'")
            thread = threading.Thread(target=increase)
            with first.transaction():
                [(value,)] = first.execute("SELECT a FROM t").fetchall()
                if is_postgresql:
                    # Before the second one writes, which waits for the row then.
                    first.execute("UPDATE t SET a = %s", (value + 1,))
                    thread.start()
                    assert has_read.wait(30)
                else:
                    thread.start()
                    wait_until(lambda: failures, what="the second one has waited for too long")
                    assert not has_read.is_set()
                    first.execute("UPDATE t SET a = %s", (value + 1,))
            thread.join(60)
            assert not thread.is_alive()
            allowed = {psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable} if is_postgresql else {psycopg.errors.LockNotAvailable}
            assert failures and set(failures) <= allowed
            assert first.execute("SELECT a FROM t").fetchall() == [(12,)]
