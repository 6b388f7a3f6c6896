"""Flushes and writes that fail under a running node: writes stop with the reason, reads go on, and no flush that has
failed is believed again, not even after a kill -9 or a power cut."""

import errno
import os
import shutil
import subprocess
import threading

import psycopg
import pytest
from psycopg import pq

from commands import run
from conftest import TANDEM, Node, wait_until
from faults import FOREVER, FaultyDisk

OPTIONS = ["--segment-size", "1048576"]
# Longer than a page, so that whole pages of a record can be lost.
TEXT = "a text that takes some room, " * 500


@pytest.fixture
def make_faulty_pair(make_pair):
    """A pair with a table `entry`, and the disk under one of its nodes."""
    def make(victim, tracked=FaultyDisk.LOG):
        pair = make_pair(primary_options=OPTIONS, replica_options=OPTIONS)
        node = getattr(pair, victim)
        disk = FaultyDisk(node, tracked)
        pair.start()
        with pair.primary.connect() as connection:
            connection.execute("CREATE TABLE entry (client INT, number INT, text TEXT, UNIQUE (client, number))")
            connection.execute("INSERT INTO entry VALUES (0, 0, 'before')")
        pair.wait_level()
        return pair, node, disk
    return make


class Writer(threading.Thread):
    """Inserts (client, number) one after another until something fails."""

    def __init__(self, node, client):
        super().__init__()
        self.connection, self.client = node.connect(), client
        self.attempted, self.acknowledged = [], []
        self.error = None
        self.start()

    def run(self):
        with self.connection:
            while True:
                number = len(self.attempted)
                self.attempted.append((self.client, number))
                try:
                    self.connection.execute("INSERT INTO entry VALUES (%s, %s, %s)", (self.client, number, TEXT))
                except psycopg.Error as error:
                    self.error = error
                    return
                self.acknowledged.append((self.client, number))


def rows(node):
    return set(node.query("SELECT client, number FROM entry"))


def position(error):
    """Of the transaction that is in doubt."""
    assert isinstance(error, psycopg.errors.StatementCompletionUnknown), error
    return error.diag.message_detail.split()[-1]


def outcome(node, error):
    return node.query("SELECT tandem_outcome(%s)", (position(error),))[0][0]


def wait_failed(node, reason):
    """Until the node says in its status, to `tandem status` and in its log that it has failed, and why."""
    wait_until(lambda: node.status()["state"] == "failed", what="the node has failed")
    assert reason in node.status()["problem"]
    shown = subprocess.run([TANDEM, "status", "--url", f"127.0.0.1:{node.port}"], capture_output=True, text=True)
    assert shown.returncode != 0 and "failed" in shown.stdout and reason in shown.stdout
    assert reason in node.text()


def insert(node, client, number):
    with node.connect() as connection:
        connection.execute("INSERT INTO entry VALUES (%s, %s, %s)", (client, number, TEXT))


def refuses_to_start(node, reason):
    """Whether the node says so in one line."""
    result = subprocess.run(node.command(), capture_output=True, text=True, timeout=30, env=node.environment)
    errors = [line for line in result.stderr.splitlines() if line.startswith("tandem: ")]
    return result.returncode != 0 and len(errors) == 1 and reason in errors[0]


def crash(node, disk, how):
    if how == "power cut":
        disk.cut_power()
    else:
        node.kill()


@pytest.mark.parametrize("how", ["kill", "power cut"])
@pytest.mark.parametrize("count", [1, FOREVER], ids=["once", "for ever"])
def test_a_flush_that_fails_on_the_primary_stops_writes_and_loses_nothing(make_faulty_pair, count, how):
    pair, primary, disk = make_faulty_pair("primary")
    writers = [Writer(primary, client) for client in range(1, 5)]
    session = primary.connect()
    wait_until(lambda: all(len(writer.acknowledged) > 2 for writer in writers), what="everybody writes")
    disk.fail_flushes(count=count)
    for writer in writers:
        writer.join(30)
        assert not writer.is_alive(), "a client hangs"

    # The group in flight is in doubt; whoever waited behind it is told why nothing of his has happened.
    doubtful = [writer.error for writer in writers if writer.error.sqlstate == "40003"]
    assert doubtful and all("Input/output error" in str(error) for error in doubtful)
    assert all(writer.error.sqlstate in ("40003", "58030", "40001") for writer in writers)
    wait_failed(primary, "Cannot flush the file: Input/output error")
    with pytest.raises(psycopg.errors.IoError, match="stopped taking writes: Cannot flush"):
        insert(primary, 9, 0)
    # It is no replica, at which the session of a former primary would end.
    with session:
        for sql in ["BEGIN READ WRITE", "CREATE ROLE another"]:
            with pytest.raises(psycopg.errors.IoError, match="stopped taking writes: Cannot flush"):
                session.execute(sql)
        assert session.execute("SELECT count(*) FROM entry WHERE client = 0").fetchone() == (1,)
    acknowledged = {row for writer in writers for row in writer.acknowledged} | {(0, 0)}
    attempted = {row for writer in writers for row in writer.attempted} | {(0, 0)}
    assert rows(primary) == acknowledged, "the last state committed, and nothing that is in doubt"
    assert {outcome(primary, error) for error in doubtful} == {"in doubt"}
    assert disk.flushes_seen == disk.failures == 1, "nothing was flushed again after a flush that failed"

    crash(primary, disk, how)
    if count == FOREVER:
        assert refuses_to_start(primary, "Cannot flush the file: Input/output error")
        disk.mend()
    primary.start()
    pair.wait_ready()
    outcomes = {position(error): outcome(primary, error) for error in doubtful}
    assert set(outcomes.values()) <= {"committed", "never committed"}
    insert(primary, 9, 1)
    pair.wait_level()
    kept = rows(primary)
    assert acknowledged | {(9, 1)} <= kept <= attempted | {(9, 1)}
    for writer in writers:
        if writer.error in doubtful:
            assert (writer.attempted[-1] in kept) == (outcomes[position(writer.error)] == "committed")

    # What recovery found in memory it must have written and flushed again: now it is on the disk.
    assert disk.lost_pages == 0
    disk.cut_power()
    primary.start()
    pair.wait_ready()
    assert rows(primary) == rows(pair.replica) == kept
    pair.assert_identical()


@pytest.mark.parametrize("how", ["kill", "power cut"])
@pytest.mark.parametrize("count", [1, FOREVER], ids=["once", "for ever"])
def test_a_replica_whose_flush_fails_acknowledges_nothing_until_it_has_recovered(make_faulty_pair, count, how):
    pair, replica, disk = make_faulty_pair("replica")
    disk.fail_flushes(count=count)
    with pair.primary.connect() as connection:
        connection.execute("SET tandem.commit_timeout = '100ms'")
        with pytest.raises(psycopg.errors.StatementCompletionUnknown) as caught:
            connection.execute("INSERT INTO entry VALUES (1, 0, %s)", (TEXT,))
    wait_failed(replica, "Cannot flush the file: Input/output error")
    waiting = Writer(pair.primary, 2)
    pair.primary.wait_commit_waits()
    assert outcome(pair.primary, caught.value) == "in doubt" and not waiting.acknowledged
    assert rows(pair.primary) == rows(replica) == {(0, 0)}, "nothing shows that was not acknowledged"
    with pytest.raises(psycopg.errors.IoError, match="stopped taking writes: Cannot flush"):
        insert(replica, 9, 0)
    assert disk.flushes_seen == disk.failures == 1, "nothing was flushed again after a flush that failed"

    crash(replica, disk, how)
    if count == FOREVER:
        assert refuses_to_start(replica, "Cannot flush the file: Input/output error")
        assert outcome(pair.primary, caught.value) == "in doubt" and not waiting.acknowledged
        disk.mend()
    replica.start()
    wait_until(lambda: outcome(pair.primary, caught.value) == "committed", what="the commit is acknowledged")
    wait_until(lambda: waiting.acknowledged, what="commits go on")

    # What it acknowledges now is on its disk.
    pair.primary.kill()
    waiting.join(30)
    disk.cut_power()
    for node in pair.nodes:
        node.start()
    pair.wait_ready()
    pair.wait_level()
    assert {(0, 0), (1, 0)} | set(waiting.acknowledged) <= rows(replica) == rows(pair.primary)
    pair.assert_identical()


@pytest.mark.parametrize("error, state", [(errno.ENOSPC, "53100"), (errno.EIO, "58030")], ids=["full", "broken"])
def test_a_write_that_fails_half_way_on_the_primary_leaves_nothing_half_written(make_faulty_pair, error, state):
    pair, primary, disk = make_faulty_pair("primary")
    disk.fail_writes(error=error, count=1)
    with pytest.raises(psycopg.errors.StatementCompletionUnknown, match=os.strerror(error)) as caught:
        insert(primary, 1, 0)
    wait_failed(primary, os.strerror(error))
    with pytest.raises(psycopg.Error, match=os.strerror(error)) as refused:
        insert(primary, 9, 0)
    assert refused.value.sqlstate == state
    assert rows(primary) == {(0, 0)}
    assert disk.failures == 1
    primary.kill()
    primary.start()
    pair.wait_ready()
    assert outcome(primary, caught.value) == "never committed"
    assert "the log was recovered" in primary.text()
    insert(primary, 1, 1)
    assert rows(primary) == {(0, 0), (1, 1)}
    pair.assert_identical()


def test_a_write_that_fails_half_way_on_the_replica_leaves_nothing_half_written(make_faulty_pair):
    pair, replica, disk = make_faulty_pair("replica")
    disk.fail_writes(error=errno.ENOSPC, count=1)
    waiting = Writer(pair.primary, 1)
    wait_failed(replica, os.strerror(errno.ENOSPC))
    assert not waiting.acknowledged and rows(replica) == {(0, 0)}
    replica.kill()
    replica.start()
    wait_until(lambda: waiting.acknowledged, what="the commit is acknowledged")
    assert "the log was recovered" in replica.text()
    pair.primary.kill()
    waiting.join(30)
    pair.primary.start()
    pair.wait_ready()
    pair.assert_identical()


@pytest.mark.parametrize("how", ["moved", "removed"])
@pytest.mark.parametrize("victim", ["primary", "replica"])
def test_a_log_directory_that_vanishes_under_a_running_node_ends_its_acknowledgements(make_faulty_pair, victim, how):
    pair, node, _ = make_faulty_pair(victim)
    log, away = node.data / "log", node.data / "log.away"
    if how == "moved":
        log.rename(away)
    else:
        shutil.rmtree(log)
    with pair.primary.connect() as connection:
        connection.execute("SET tandem.commit_timeout = '100ms'")
        with pytest.raises(psycopg.errors.StatementCompletionUnknown) as caught:
            connection.execute("INSERT INTO entry VALUES (1, 0, %s)", (TEXT,))
    wait_failed(node, "its directory was moved or removed")
    assert rows(pair.primary) == rows(pair.replica) == {(0, 0)}
    node.kill()
    assert refuses_to_start(node, "The log is gone")
    if how == "removed":
        return
    shutil.rmtree(log)
    away.rename(log)
    node.start()
    pair.wait_ready()
    wait_until(lambda: outcome(pair.primary, caught.value) != "in doubt", what="the commit is decided")
    insert(pair.primary, 1, 1)
    pair.assert_identical()


@pytest.mark.parametrize("pattern", ["*/node.state.new", "*/data"], ids=["file", "directory"])
def test_a_promise_that_cannot_be_flushed_is_not_given(make_faulty_pair, pattern):
    pair, replica, disk = make_faulty_pair("replica")
    pair.primary.kill()
    disk.fail_flushes(pattern)
    pair.primary.start()
    wait_failed(replica, "The node's state")
    assert pair.primary.status()["state"] == "starting", "it has no promise"
    assert rows(replica) == {(0, 0)}
    with pytest.raises(psycopg.errors.IoError, match="stopped taking writes: The node's state"):
        insert(replica, 9, 0)
    disk.mend()
    replica.kill()
    replica.start()
    pair.wait_ready()
    insert(pair.primary, 1, 0)
    pair.assert_identical()


def test_a_commit_that_sqlite_cannot_make_is_shown_before_it_is_answered_even_while_appliers_are_held(make_faulty_pair):
    pair, primary, disk = make_faulty_pair("primary")
    with primary.connect() as connection:
        connection.execute("ALTER SYSTEM HOLD")
        disk.fail_writes("*.sqlite-wal", count=1, error=errno.ENOSPC)
        connection.execute("INSERT INTO entry VALUES (1, 1, %s)", (TEXT,))
        assert rows(primary) == {(0, 0), (1, 1)}
        assert disk.failures == 1
        disk.mend()
        connection.execute("INSERT INTO entry VALUES (1, 2, 'behind it')")
    pair.assert_identical()


@pytest.mark.parametrize("victim", ["primary", "replica"])
def test_a_flush_of_the_database_that_fails_is_never_believed_again(make_faulty_pair, victim):
    pair, node, disk = make_faulty_pair(victim, tracked="*.sqlite-wal")
    disk.fail_flushes("*.sqlite-wal", count=1)
    with pair.primary.connect() as connection:
        for client in range(1, 5):  # The last makes it long enough for a checkpoint.
            connection.execute(
                "INSERT INTO entry WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 300) "
                "SELECT %s, n, %s FROM r", (client, TEXT))
    wait_failed(node, "The database cannot be flushed")
    assert len(rows(node)) > 1, "reads go on"
    with pytest.raises(psycopg.errors.IoError, match="stopped taking writes: The database cannot be flushed"):
        insert(node, 9, 0)
    assert disk.flushes_seen == disk.failures == 1, "nothing was flushed again after a flush that failed"
    assert disk.lost_pages > 0
    node.kill()
    node.start()
    pair.wait_ready()
    assert disk.lost_pages == 0, "what was lost is written again before it is relied on"
    pair.wait_level()
    assert len(rows(node)) == 1201
    pair.assert_identical()


def test_a_primary_that_cannot_flush_its_promise_tells_its_clients_that_their_commits_are_in_doubt(make_faulty_pair):
    pair, primary, disk = make_faulty_pair("primary")
    member = pair.replica.status()["node"]
    pair.replica.kill()
    waiting = Writer(primary, 1)
    primary.wait_commit_waits()
    disk.fail_flushes("*/node.state.new")
    ask_for_promise(primary, member, pair.replica)
    wait_failed(primary, "The node's state")
    waiting.join(30)
    assert not waiting.is_alive(), "the client hangs"
    assert position(waiting.error) and not waiting.acknowledged
    disk.mend()
    primary.kill()
    pair.start()
    insert(primary, 1, 1)
    pair.assert_identical()


def ask_for_promise(node, member, address):
    """Sends PROMISE as `member`, as somebody who wants to be promoted would (docs/REPLICATION.md, section 3)."""
    status = node.status()
    uuids = [bytes.fromhex(text.replace("-", "")) for text in (status["group"], member)]
    where = f"127.0.0.1:{address.port}".encode()
    epoch = (1000).to_bytes(4, "big") + uuids[1]
    request = b"\0" + uuids[0] + uuids[1] + len(where).to_bytes(4, "big") + where + epoch + b"\0"
    connection = pq.PGconn.connect(
        f"host=127.0.0.1 port={node.port} user=test dbname=test replication=true connect_timeout=5".encode())
    assert connection.status == pq.ConnStatus.OK, connection.error_message
    connection.send_query(f"TANDEM_PROMISE 2 {request.hex()}".encode())
    return connection


def test_a_log_that_the_system_does_not_let_the_node_write_is_refused_with_the_way_out(tmp_path):
    node = Node(tmp_path / "node", "primary", options=["--acknowledgements", "0"])
    FaultyDisk(node).fail_writes("*/log/*", error=errno.EACCES)  # Root may write everywhere.
    result = run(*node.command()[1:], env=node.environment)
    assert result.returncode != 0 and "Permission denied" in result.stderr and "/log/" in result.stderr
    assert "Let the user that this node runs as read and write the file" in result.stderr
