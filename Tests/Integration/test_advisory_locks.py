"""PostgreSQL's advisory locks: who migrates takes one, and the others wait."""

import asyncio
import threading

import asyncpg
import psycopg
import pytest

from conftest import wait_until
from wire import BIND, DESCRIBE, SYNC, Wire, errors, execute, kinds, parse, query


@pytest.fixture
def node(shared_pair):
    with shared_pair.primary.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    yield shared_pair.primary
    # Sessions that have ended hold nothing.
    wait_until(lambda: not locks(shared_pair.primary), what="no locks are left")


def locks(node):
    return node.query("SELECT pid, classid, objid, objsubid, mode, granted FROM pg_locks WHERE locktype = 'advisory' ORDER BY granted DESC, pid")


def one(connection, sql, *values):
    return connection.execute(sql, values).fetchone()[0]


def patient(node):
    """A session that waits for as long as it takes."""
    return node.connect(options="-c lock_timeout=0")


class Later:
    """A statement that is run by another thread, and what came of it."""

    def __init__(self, connection, sql):
        self.error = self.rows = None

        def run():
            try:
                self.rows = connection.execute(sql).fetchall()
            except psycopg.Error as error:
                self.error = error
        self.thread = threading.Thread(target=run)
        self.thread.start()

    def join(self):
        self.thread.join(30)
        assert not self.thread.is_alive()
        return self


def waits(node, connection, count=1):
    pid = connection.info.backend_pid
    wait_until(lambda: sum(row[0] == pid and not row[5] for row in locks(node)) == count, what="a session waits")


def test_a_lock_is_had_by_one_session(node):
    with node.connect() as first, node.connect() as second:
        notices = []
        second.add_notice_handler(lambda notice: notices.append((notice.severity, notice.message_primary)))
        assert one(first, "SELECT pg_advisory_lock(%s)", 7) == ""
        assert one(first, "SELECT pg_try_advisory_lock(%s)", 7) is True
        assert one(second, "SELECT pg_try_advisory_lock(7)") is False
        assert one(second, "SELECT pg_try_advisory_lock(0, 7)") is True
        assert one(second, "SELECT pg_advisory_unlock(7)") is False
        assert notices == [("WARNING", "you don't own a lock of type ExclusiveLock")]
        assert locks(node) == sorted([
            (first.info.backend_pid, 0, 7, 1, "ExclusiveLock", True), (second.info.backend_pid, 0, 7, 2, "ExclusiveLock", True)])
        # As often as it was taken.
        assert one(first, "SELECT pg_advisory_unlock(7)") is True
        assert one(second, "SELECT pg_try_advisory_lock(7)") is False
        assert one(first, "SELECT pg_advisory_unlock(7)") is True
        assert one(second, "SELECT pg_try_advisory_lock(7)") is True
        assert one(second, "SELECT pg_advisory_lock(NULL)") is None
        second.execute("DISCARD ALL")
        assert not locks(node)
        one(second, "SELECT pg_advisory_lock(-1), pg_advisory_lock_shared(hashtext('name'))")
        assert one(second, "SELECT pg_advisory_unlock_all()") == ""
        assert not locks(node)


@pytest.mark.parametrize("sql, code", [
    ("SELECT pg_advisory_lock('x')", "22P02"), ("SELECT pg_advisory_lock(1, 2147483648)", "22003"), ("SELECT pg_advisory_lock(1, 2, 3)", "42883"),
])
def test_what_is_no_number_is_refused(node, sql, code):
    with node.connect() as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(sql)
    assert refusal.value.sqlstate == code


def test_who_has_to_wait_gets_it_in_order_and_no_thread_waits(node):
    """More wait than there are reader threads, while others read and the one who has the lock gives it back."""
    order = []
    with node.connect() as holder:
        one(holder, "SELECT pg_advisory_lock(1)")
        sessions, later = [patient(node) for _ in range(40)], []
        try:
            for session in sessions:
                later.append(Later(session, "SELECT pg_advisory_lock(1), (SELECT count(*) FROM t)"))
                waits(node, session)
            assert one(holder, "SELECT count(*) FROM t") == 2
            holder.execute("INSERT INTO t VALUES (3, 'c')")
            assert one(holder, "SELECT pg_advisory_unlock(1)") is True
            for session, waiting in zip(sessions, later):
                # What it reads is what there is when it has the lock.
                assert waiting.join().rows == [("", 3)], waiting.error
                order.append(session)
                assert sum(row[5] for row in locks(node)) == 1
                assert one(session, "SELECT pg_advisory_unlock(1)") is True
                assert one(session, "SELECT pg_advisory_unlock(1)") is False
        finally:
            for session in sessions:
                session.close()
    assert order == sessions


def test_readers_share_and_writers_wait(node):
    with node.connect() as first, node.connect() as second, patient(node) as third:
        for session in (first, second):
            assert one(session, "SELECT pg_try_advisory_lock_shared(1)") is True
        assert one(third, "SELECT pg_try_advisory_lock(1)") is False
        waiting = Later(third, "SELECT pg_advisory_lock(1)")
        waits(node, third)
        assert one(first, "SELECT pg_advisory_unlock_shared(1)") is True
        assert one(first, "SELECT pg_try_advisory_lock_shared(1)") is False
        second.close()
        assert waiting.join().rows == [("",)]


def test_a_statement_that_waits_takes_nothing_twice(node):
    with node.connect() as first, patient(node) as second:
        one(first, "SELECT pg_advisory_lock(2)")
        one(second, "SELECT pg_advisory_lock(9)")
        waiting = Later(second, "SELECT pg_try_advisory_lock(1), pg_advisory_unlock(9), pg_advisory_lock(2), pg_try_advisory_lock(3) FROM t WHERE id = 1")
        waits(node, second)
        one(first, "SELECT pg_advisory_unlock(2)")
        assert waiting.join().rows == [(True, True, "", True)]
        assert [row[2] for row in sorted(locks(node))] == [1, 2, 3]
        for key in (1, 2, 3):
            assert [one(second, "SELECT pg_advisory_unlock(%s)", key) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("source", [
    "SELECT got, got FROM pg_try_advisory_lock(1) AS got WHERE got", "WITH s AS MATERIALIZED (SELECT pg_try_advisory_lock(1) AS got) SELECT got, got FROM s WHERE got"])
def test_a_lock_is_taken_once_however_often_its_answer_is_asked_for(node, source):
    with node.connect() as connection:
        assert len(connection.execute(source).fetchall()) == 1
        assert [one(connection, "SELECT pg_advisory_unlock(1)") for _ in range(2)] == [True, False]


def test_locks_of_a_transaction_end_with_it(node):
    with node.connect() as first, node.connect() as second:
        free = lambda: one(second, "SELECT pg_try_advisory_xact_lock(1)")
        # By itself a statement is a transaction.
        assert one(first, "SELECT pg_try_advisory_xact_lock(1)") is True and free()
        for begin, end in [("BEGIN", "COMMIT"), ("BEGIN", "ROLLBACK"), ("BEGIN READ ONLY", "COMMIT"), ("BEGIN; INSERT INTO t VALUES (5, 'e')", "ROLLBACK"),
                           ("BEGIN ISOLATION LEVEL SERIALIZABLE", "COMMIT AND CHAIN; ROLLBACK")]:
            first.execute(begin)
            one(first, "SELECT pg_advisory_xact_lock(1)")
            assert not free() and one(first, "SELECT pg_advisory_unlock(1)") is False
            first.execute(end)
            assert free()
        first.execute("BEGIN")
        one(first, "SELECT pg_advisory_xact_lock(1), pg_advisory_lock(2)")
        with pytest.raises(psycopg.Error):
            first.execute("SELECT nonsense")
        # With its failure; those of the session stay.
        assert free()
        first.execute("ROLLBACK")
        assert [row[2] for row in locks(node)] == [2]


def test_the_commit_comes_before_the_lock_of_its_transaction(node):
    with node.connect() as first, patient(node) as second:
        first.execute("BEGIN")
        one(first, "SELECT pg_advisory_xact_lock(1)")
        first.execute("UPDATE t SET a = 'changed' WHERE id = 1")
        second.execute("BEGIN")
        waiting = Later(second, "SELECT pg_advisory_xact_lock(1)")
        waits(node, second)
        first.execute("COMMIT")
        assert waiting.join().rows == [("",)]
        assert one(second, "SELECT a FROM t WHERE id = 1") == "changed"
        second.execute("UPDATE t SET a = a || '!' WHERE id = 1; COMMIT")
        # A lock that was waited for ends with its transaction as well.
        assert not locks(node)


def test_a_wait_ends(node):
    with node.connect() as first, node.connect() as second:
        one(first, "SELECT pg_advisory_lock(1)")
        second.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute("SELECT pg_advisory_lock(1)")
        second.execute("SET lock_timeout = 0; SET statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            second.execute("SELECT pg_advisory_lock(1)")
        second.execute("RESET statement_timeout")
        waiting = Later(second, "SELECT pg_advisory_lock(1)")
        waits(node, second)
        second.cancel()
        assert isinstance(waiting.join().error, psycopg.errors.QueryCanceled)
        waiting = Later(second, "SELECT pg_advisory_lock(1)")
        waits(node, second)
        assert one(first, "SELECT pg_terminate_backend(%s)", second.info.backend_pid) is True
        assert isinstance(waiting.join().error, psycopg.errors.AdminShutdown)
        # Nobody who waits no longer gets it.
        assert one(first, "SELECT pg_advisory_unlock(1)") is True
        assert not locks(node)


def test_a_client_that_goes_waits_no_longer(node):
    with node.connect() as first:
        one(first, "SELECT pg_advisory_lock(1)")
        with Wire(node) as client:
            client.send(query("SET lock_timeout = 0"), query("SELECT pg_advisory_lock(1)"))
            wait_until(lambda: len(locks(node)) == 2, what="the client waits")
        wait_until(lambda: len(locks(node)) == 1, what="the client is gone")


def test_answers_do_not_wait_with_the_statement_behind_them(node):
    with node.connect() as first, Wire(node) as client:
        one(first, "SELECT pg_advisory_lock(1)")
        client.send(query("SET lock_timeout = 0"))
        client.ready()
        client.send(query("SELECT count(*) FROM t"), query("SELECT pg_advisory_lock(1)"))
        assert b"D" in kinds(client.ready())
        assert one(first, "SELECT pg_advisory_unlock(1)") is True
        answer = client.ready()
        assert not errors(answer) and kinds(answer) == b"TDCZ"


def test_whoever_would_wait_for_ever_is_told(node):
    with patient(node) as first, patient(node) as second:
        one(first, "SELECT pg_advisory_lock(1)")
        one(second, "SELECT pg_advisory_lock(2)")
        waiting = Later(first, "SELECT pg_advisory_lock(2)")
        waits(node, first)
        with pytest.raises(psycopg.errors.DeadlockDetected):
            second.execute("SELECT pg_advisory_lock(1)")
        assert one(second, "SELECT pg_advisory_unlock(2)") is True
        assert waiting.join().rows == [("",)]


def test_who_has_the_writer_does_not_wait(node):
    with node.connect() as first, node.connect() as second:
        one(first, "SELECT pg_advisory_lock(1)")
        for begin in ("BEGIN; INSERT INTO t VALUES (9, 'i')", "BEGIN ISOLATION LEVEL SERIALIZABLE"):
            second.execute(begin)
            assert one(second, "SELECT pg_try_advisory_lock(1)") is False
            with pytest.raises(psycopg.errors.LockNotAvailable) as refusal:
                second.execute("SELECT pg_advisory_lock(1)")
            assert "first write" in refusal.value.diag.message_hint
            second.execute("ROLLBACK")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute("INSERT INTO t SELECT 9, pg_advisory_lock(1)")
        # What it can have it gets.
        second.execute("BEGIN; INSERT INTO t VALUES (9, 'i'); SELECT pg_advisory_lock(2); COMMIT")
        assert one(first, "SELECT pg_try_advisory_lock(2)") is False


def test_rows_that_were_sent_cannot_be_taken_back(node):
    with node.connect() as first, node.connect() as second:
        one(first, "SELECT pg_advisory_lock(1)")
        with pytest.raises(psycopg.errors.LockNotAvailable, match="middle of this statement"):
            second.execute("SELECT CASE WHEN n = 20000 THEN pg_advisory_lock(1) ELSE hex(zeroblob(50)) END FROM generate_series(1, 20000) AS s(n)")
        assert one(second, "SELECT 1") == 1


def test_what_is_described_is_not_run(node):
    with Wire(node) as client:
        for messages in ([DESCRIBE, execute()], [execute()]):
            client.send(parse("SELECT pg_advisory_lock(1), pg_try_advisory_lock(2)"), BIND, *messages, SYNC)
            assert not errors(client.ready())
        client.send(parse("SELECT pg_advisory_lock(3)"), BIND, DESCRIBE, SYNC)
        assert not errors(client.ready())
        client.send(query("SELECT pg_advisory_unlock(1), pg_advisory_unlock(1), pg_advisory_unlock(1), pg_advisory_unlock(3)"))
        row = next(body for kind, body in client.ready() if kind == b"D")
        assert row[2:] == b"".join(b"\0\0\0\1" + value for value in (b"t", b"t", b"f", b"f"))


def test_the_numbers_of_locks_have_their_types(node):
    async def taken():
        connection = await asyncpg.connect(host="127.0.0.1", port=node.port, user="test", database="test")
        try:
            statement = await connection.prepare("SELECT pg_try_advisory_lock($1), pg_try_advisory_lock($2, $3)")
            types = [parameter.name for parameter in statement.get_parameters()]
            row = await statement.fetchrow(1 << 40, 1, -2)
            await connection.reset()
            return types, tuple(row)
        finally:
            await connection.close()
    assert asyncio.run(taken()) == (["int8", "int4", "int4"], (True, True))


def test_a_replica_has_locks_of_its_own(shared_pair):
    with shared_pair.primary.connect() as first, shared_pair.replica.connect() as second, patient(shared_pair.replica) as third:
        assert one(first, "SELECT pg_try_advisory_lock(1)") is True
        assert one(second, "SELECT pg_try_advisory_lock(1)") is True
        waiting = Later(third, "SELECT pg_advisory_lock(1)")
        waits(shared_pair.replica, third)
        second.close()
        assert waiting.join().rows == [("",)]


def test_a_node_stops_although_somebody_waits(make_pair):
    pair = make_pair(replicas=0, acknowledgements="0").start()
    with pair.primary.connect() as first, patient(pair.primary) as second:
        one(first, "SELECT pg_advisory_lock(1)")
        waiting = Later(second, "SELECT pg_advisory_lock(1)")
        waits(pair.primary, second)
        assert pair.primary.stop() == 0
        # The lock may have come first, by the other session's end.
        waiting.join()
        assert waiting.error or waiting.rows == [("",)]
