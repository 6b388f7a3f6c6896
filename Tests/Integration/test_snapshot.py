"""Snapshots: a replica whose place in the log is gone, or whose database is to be made anew, takes one over the network
while writes go on."""

import errno
import sqlite3
import subprocess
import threading

import psycopg
import pytest

from commands import run, tandem
from conftest import TANDEM, Node, wait_until
from faults import FaultyDisk

# Small segments, of which only the last few are kept.
SMALL_LOG = ["--segment-size", "65536", "--log-keep-size", "128KiB", "--log-limit", "512KiB"]


class Writer(threading.Thread):
    """Inserts rows until it is told to stop; what was acknowledged is remembered."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.ending = node, threading.Event()
        self.acknowledged = 0
        self.start()

    def run(self):
        while not self.ending.is_set():
            try:
                with self.node.connect() as connection:
                    while not self.ending.is_set():
                        connection.execute("INSERT INTO entry (text) VALUES ('written meanwhile')")
                        self.acknowledged += 1
            except psycopg.Error:
                self.ending.wait(0.05)

    def stop(self):
        self.ending.set()
        self.join(30)
        assert not self.is_alive()


def fill(node, megabytes):
    """A table with about so many megabytes."""
    with node.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, text TEXT)")
        for _ in range(megabytes):
            connection.execute(
                "INSERT INTO entry (text) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                " SELECT hex(randomblob(1000)) FROM n")


def test_a_database_is_made_anew_by_a_snapshot_while_writes_go_on(make_pair):
    pair = make_pair().start()
    fill(pair.primary, 4)
    pair.wait_level()
    pair.replica.stop()
    pair.replica.options.append("--resync")
    pair.replica.start()
    writer = Writer(pair.primary)
    backup = pair.primary.folder / "backup.sqlite"
    assert f"{backup} is the database at 1@" in tandem("backup", backup, "--url", f"127.0.0.1:{pair.primary.port}")
    with sqlite3.connect(backup) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows, = copy.execute("SELECT count(*) FROM entry").fetchone()
        assert 2000 <= rows <= 2000 + writer.acknowledged + 1
    assert "is there already" in tandem("backup", backup, code=64)
    wait_installed(pair.replica)
    assert "log=kept" in pair.replica.text()
    pair.replica.wait_ready()
    wait_until(lambda: writer.acknowledged > 50, what="writes go on")

    # Again, and killed while the new takes the place of the old.
    pair.replica.stop()
    pair.replica.start()
    wait_until(lambda: pair.replica.text().count("opened anew with a snapshot") == 2, what="it is being installed")
    pair.replica.kill()
    pair.replica.options.remove("--resync")
    pair.replica.start()
    pair.replica.wait_ready()
    writer.stop()
    pair.assert_identical()


def test_a_snapshot_may_come_from_another_replica(make_pair):
    pair = make_pair(replicas=2).start()
    fill(pair.primary, 2)
    pair.wait_level()
    source, target = pair.replicas
    target.stop()
    given = ["--resync", "--snapshot-from", f"127.0.0.1:{source.port}"]
    target.options += given
    writer = Writer(pair.primary)
    target.start()
    wait_installed(target)
    writer.stop()
    fetched = [line for line in target.text().splitlines() if "fetching a snapshot" in line]
    assert fetched and all(f"from=127.0.0.1:{source.port}" in line for line in fetched)
    for option in given:
        target.options.remove(option)
    target.wait_ready()
    pair.assert_identical()


def log_start(node):
    return int(node.status()["log_first_index"] or 0)


def wait_pruned(node):
    """Until the log begins behind its first record."""
    wait_until(lambda: log_start(node) > 1, what="the log is pruned")
    return log_start(node)


def wait_installed(node, count=1):
    wait_until(lambda: node.text().count("a snapshot was installed") >= count, timeout=60, what="a snapshot is installed")


def test_a_replica_whose_place_in_the_log_is_gone_takes_a_snapshot_while_writes_go_on(make_pair):
    pair = make_pair(replicas=2, primary_options=SMALL_LOG, replica_options=SMALL_LOG).start()
    fill(pair.primary, 1)
    pair.wait_level()
    away = pair.replicas[1]
    with pair.primary.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('asked about later')")
    early = pair.primary.status()["last_position"]
    pair.wait_level()
    away.stop()
    fill(pair.primary, 3)
    start = wait_pruned(pair.primary)
    assert "the log has reached its limit" in pair.primary.text()
    assert int(pair.primary.status()["log_bytes"]) < 2 << 20

    # The primary starts again with what is left of its log, which is sound.
    pair.primary.kill()
    assert f"records    {start} to" in tandem("log", pair.primary.data, "--verify")
    pair.primary.start().wait_ready()
    assert pair.primary.query("SELECT tandem_outcome(%s)", (early,)) == [("committed",)]

    writer = Writer(pair.primary)
    away.start()
    wait_installed(away)
    assert "log=replaced" in away.text()
    wait_until(lambda: away.status()["whole"], what="the replica is whole")
    away.wait_ready()
    assert away.query("SELECT tandem_outcome(%s)", (early,)) == [("committed",)]
    wait_until(lambda: not (away.data / "replaced").exists(), what="what was replaced is removed")
    writer.stop()
    # It counts again: with it alone, commits go on.
    pair.replica.stop()
    with pair.primary.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('with the other one')")
    pair.replica.start()
    pair.assert_identical()


def test_a_transfer_goes_on_after_either_side_was_killed_in_its_middle(make_pair, tmp_path):
    # So slow that it can be met in its middle.
    slow = SMALL_LOG + ["--snapshot-rate", "2MB"]
    pair = make_pair(primary_options=slow, replica_options=SMALL_LOG).start()
    fill(pair.primary, 6)
    wait_pruned(pair.primary)
    newcomer = Node(tmp_path / "newcomer", "replica", pair.primary, SMALL_LOG)
    pair.replicas.append(newcomer)
    incoming = newcomer.data / "snapshot" / "incoming"
    newcomer.start()

    def received():
        return incoming.stat().st_size if incoming.exists() else 0

    wait_until(lambda: received() > 1 << 20, what="some of it has come")
    status = newcomer.status()
    assert status["state"] == "taking a snapshot" and " left" in status["waiting_for"]
    assert "to 127.0.0.1" in pair.primary.status()["snapshot"]
    with pytest.raises(psycopg.Error):
        newcomer.query("SELECT count(*) FROM entry")
    newcomer.kill()
    size = received()
    newcomer.start()
    wait_until(lambda: f"there already={size}" in newcomer.text(), what="it goes on where it was")
    wait_until(lambda: received() > size, what="more has come")

    # A new process has made no copy, and makes another.
    pair.primary.kill()
    wait_until(lambda: "was broken off" in newcomer.text(), what="the loss is noticed")
    pair.primary.start()
    wait_installed(newcomer)
    newcomer.wait_ready()
    pair.assert_identical()


@pytest.mark.parametrize("file", ["header", "incoming"])
def test_a_transfer_goes_on_where_a_full_disk_stopped_it(make_pair, tmp_path, file):
    pair = make_pair(primary_options=SMALL_LOG, replica_options=SMALL_LOG).start()
    fill(pair.primary, 3)
    wait_pruned(pair.primary)
    newcomer = Node(tmp_path / "newcomer", "replica", pair.primary, SMALL_LOG)
    pair.replicas.append(newcomer)
    disk = FaultyDisk(newcomer)
    disk.fail_writes(f"*/snapshot/{file}", count=2, error=errno.ENOSPC)
    newcomer.start()
    wait_installed(newcomer)
    assert disk.failures == 2
    assert "it cannot be written" in newcomer.text() and "is damaged" not in newcomer.text()
    newcomer.wait_ready()
    pair.assert_identical()


def test_a_backup_waits_for_an_older_copy_that_is_being_sent(make_pair, tmp_path):
    pair = make_pair(primary_options=SMALL_LOG + ["--snapshot-rate", "1MB"], replica_options=SMALL_LOG).start()
    fill(pair.primary, 10)
    wait_pruned(pair.primary)
    newcomer = Node(tmp_path / "newcomer", "replica", pair.primary, SMALL_LOG)
    pair.replicas.append(newcomer)
    incoming = newcomer.data / "snapshot" / "incoming"
    newcomer.start()
    wait_until(lambda: incoming.exists() and incoming.stat().st_size, what="some of it has come")
    with pair.primary.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('newer than the copy')")
    wait_until(
        lambda: pair.primary.status()["applied_index"] == pair.primary.status()["last_index"], what="it is applied")
    url = ["--url", f"127.0.0.1:{pair.primary.port}"]
    assert "is sending an older copy to somebody else; it was waited for 100ms" in tandem(
        "backup", tmp_path / "early.sqlite", *url, "--wait", "100ms", code=1)
    assert not (tmp_path / "early.sqlite").exists()
    assert "waiting for that, 10min at most" in tandem("backup", tmp_path / "backup.sqlite", *url)
    with sqlite3.connect(tmp_path / "backup.sqlite") as copy:
        assert copy.execute("SELECT count(*) FROM entry WHERE text = 'newer than the copy'").fetchone() == (1,)
    wait_installed(newcomer)
    newcomer.wait_ready()
    pair.assert_identical()


def test_a_backup_of_a_node_that_says_nothing_any_more_is_given_up(make_pair, tmp_path):
    pair = make_pair(primary_options=["--snapshot-rate", "1MB"]).start()
    fill(pair.primary, 10)
    partial = tmp_path / "backup.sqlite.partial"
    backup = subprocess.Popen(
        [TANDEM, "backup", str(tmp_path / "backup.sqlite"), "--url", f"127.0.0.1:{pair.primary.port}", "--timeout", "2s"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until(lambda: partial.exists() and partial.stat().st_size, what="some of it has come")
        pair.primary.pause()
        output, _ = backup.communicate(timeout=60)
    finally:
        pair.primary.resume()
        backup.kill()
    assert backup.returncode == 1 and "has said nothing for 2s (--timeout)" in output
    assert not partial.exists()


def test_a_node_that_has_applied_what_was_lost_takes_a_snapshot_and_keeps_the_rest_aside(make_pair):
    pair = make_pair(acknowledgements="0").start()
    fill(pair.primary, 1)
    pair.wait_level()
    former, promoted = pair.primary, pair.replica
    promoted.stop()
    with former.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('lost by an operator')")
    former.kill()
    promoted.start()
    promoted.wait_listening()
    tandem("promote", "--url", f"127.0.0.1:{promoted.port}", "--accept-data-loss")
    promoted.wait_ready()
    with promoted.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('after that')")
    former.start()
    wait_installed(former)
    former.wait_ready()
    wait_until(lambda: former.status()["whole"], what="the node is whole")
    assert former.query("SELECT text FROM entry ORDER BY id DESC LIMIT 1") == [("after that",)]
    kept, = (former.data / "divergent").glob("divergent-*.log")
    assert "lost by an operator" in tandem("log", kept)
    pair.primary, pair.replicas = promoted, [former]
    pair.assert_identical()


def test_those_who_have_applied_what_was_lost_acknowledge_to_a_primary_that_has_committed_nothing_yet(make_pair):
    pair = make_pair(replicas=2).start()
    former, member, promoted = pair.nodes
    fill(former, 1)
    pair.wait_level()
    promoted.kill()
    with former.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('lost by an operator')")
    wait_until(lambda: member.status()["applied_index"] == former.status()["commit_index"], what="applied")
    former.kill()
    member.kill()
    promoted.start()
    promoted.wait_listening()
    tandem("promote", "--url", f"127.0.0.1:{promoted.port}", "--accept-data-loss")
    # The only ones whose acknowledgement counts for the first record of the new reign.
    member.start()
    promoted.wait_ready()
    former.start()
    with promoted.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('after that')")
    for node in (member, former):
        wait_until(lambda node=node: "a snapshot was installed" in node.text(), what="it has what the new reign has")
        wait_until(lambda node=node: node.status()["whole"], what="the node is whole")
        assert node.text().count("a snapshot was installed") == 1
        kept, = (node.data / "divergent").glob("divergent-*.log")
        assert "lost by an operator" in tandem("log", kept)
    pair.primary, pair.replicas = promoted, [member, former]
    pair.assert_identical()


def test_an_operator_prunes_the_log_as_far_as_it_is_safe(make_pair):
    pair = make_pair(replicas=2, primary_options=["--segment-size", "65536"]).start()
    fill(pair.primary, 2)
    pair.wait_level()
    url = f"127.0.0.1:{pair.primary.port}"
    last = int(pair.primary.status()["last_index"])
    refusal = tandem("log", "prune", "--below", last + 5, "--url", url, code=1)
    assert "safe from a power cut" in refusal
    assert "nothing was removed" in tandem("log", "prune", "--url", url)
    pair.replicas[1].stop()
    fill(pair.primary, 2)
    wait_until(lambda: int(pair.primary.status()["applied_index"]) == last + 2, what="applied")

    def pruned(*options):
        result = run("log", "prune", "--below", last + 2, "--url", url, *options)
        return result.stdout + result.stderr

    # First the database is written to the disk.
    wait_until(lambda: "it would have to take a snapshot" in pruned(), what="the missing member is what is left")
    words = pruned("--leave-members-behind")
    assert f"removed records 1 to {last + 1}, " in words and "a snapshot that is being sent" not in words
    assert "an operator had records removed that a member lacks" in pair.primary.text()
    assert "the log has reached its limit" not in pair.primary.text()
    assert log_start(pair.primary) == last + 2
    pair.replicas[1].start()
    wait_installed(pair.replicas[1])
    pair.wait_ready()
    pair.assert_identical()


def test_a_damaged_database_whose_log_was_pruned_is_made_anew_as_advised(make_pair):
    pair = make_pair(primary_options=SMALL_LOG, replica_options=SMALL_LOG).start()
    primary, replica = pair.nodes
    fill(primary, 3)
    pair.wait_level()
    for node in pair.nodes:
        wait_pruned(node)

    def damage(node):
        node.stop()
        (node.data / "tandem.sqlite").write_bytes(b"no database" * 1000)
        advice = tandem(*node.command()[1:], code=1)
        assert "anew from its log" not in advice
        for name in ("tandem.sqlite", "tandem.sqlite-wal", "tandem.sqlite-shm"):
            assert name in advice
            (node.data / name).unlink(missing_ok=True)
        return advice

    assert "it takes a snapshot from the primary" in damage(replica)
    replica.start()
    wait_installed(replica)
    pair.wait_ready()
    pair.wait_level()

    advice = damage(primary)
    assert "promote one ('tandem promote')" in advice and "start this node as a replica" in advice
    tandem("promote", "--url", f"127.0.0.1:{replica.port}")
    primary.role, primary.primary = "replica", replica
    primary.start()
    wait_installed(primary)
    pair.wait_ready()
    pair.wait_level()
    with replica.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('on both again')")
    wait_until(lambda: primary.query("SELECT count(*) FROM entry") == replica.query("SELECT count(*) FROM entry"))
