"""Full disks, vanished directories, hostile bytes: a clear reason, reads go on, nothing acknowledged is lost."""

import os
import random
import shutil
import socket
import sqlite3
import subprocess

import psycopg
import pytest

from commands import tandem
from conftest import Node, wait_until

ROWS = ("INSERT INTO t (b) WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2000) "
        "SELECT 'a text that takes some room, number ' || n FROM r")


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("a small disk takes the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.mark.parametrize("victim", ["primary", "replica"])
def test_a_full_disk_stops_writes_with_a_reason_and_loses_nothing(make_pair, small_disk, victim):
    pair = make_pair(
        primary_options=["--segment-size", "1048576", "--commit-timeout", "3s", "--lock-timeout", "3s"],
        replica_options=["--segment-size", "1048576"])
    node = pair.primary if victim == "primary" else pair.replica
    node.data = small_disk / "data"
    pair.start()
    acknowledged = 0
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
        with pytest.raises(psycopg.Error) as caught:
            for _ in range(300):
                connection.execute(ROWS)
                acknowledged += 1
    assert acknowledged > 3
    told = str(caught.value)
    if victim == "replica":
        assert caught.value.sqlstate == "40003" and "acknowledgements are missing" in told
    wait_until(lambda: node.status()["state"] == "failed", what="the node says that it has failed")
    for reason in (node.status()["problem"], *([told] if victim == "primary" else [])):
        assert "full" in reason or "No space" in reason
    assert pair.primary.query("SELECT count(*) FROM t")[0][0] >= acknowledged * 2000
    if victim == "primary":
        with pytest.raises(psycopg.errors.DiskFull):
            pair.primary.query("INSERT INTO t (b) VALUES ('x') RETURNING a")
    for other in pair.nodes:
        other.kill()
    # The disk is replaced by a larger one; the node goes on with what was on the small one.
    larger = node.folder / "larger"
    shutil.copytree(node.data, larger)
    node.data = larger
    pair.start()
    pair.wait_level()
    count = pair.primary.query("SELECT count(*) FROM t")[0][0]
    assert count >= acknowledged * 2000 and count % 2000 == 0
    pair.assert_identical()


def test_a_node_comes_back_that_its_write_ahead_log_has_left_no_byte(small_disk, tmp_path):
    node = Node(tmp_path / "node", "primary", options=["--acknowledgements", "0", "--segment-size", "1048576"])
    node.data = small_disk / "data"
    try:
        fill_and_come_back(node, small_disk)
    finally:
        node.kill()


def fill_and_come_back(node, small_disk):
    node.start().wait_ready()
    acknowledged = 0
    with node.connect() as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INT, c TEXT)")
        connection.execute("INSERT INTO t SELECT n, 0, hex(randomblob(500)) FROM generate_series(1, 100) AS n")
        with pytest.raises(psycopg.Error):
            for number in range(100_000):
                connection.execute("UPDATE t SET b = b + 1 WHERE a = %s", (1 + number % 100,))
                acknowledged += 1
    assert acknowledged > 100
    node.kill()
    with open(small_disk / "filler", "wb", buffering=0) as filler, pytest.raises(OSError):
        for size in (1 << 20, 4096):
            try:
                while filler.write(bytes(size)) == size:
                    pass
            except OSError:
                if size == 4096:
                    raise
    node.start().wait_ready()
    node.query("UPDATE t SET b = b + 1 WHERE a = 1 RETURNING a")
    assert node.query("SELECT sum(b) FROM t")[0][0] in (acknowledged + 1, acknowledged + 2)


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_an_import_that_finds_no_room_names_the_copy_and_not_the_source(small_disk, tmp_path, mode):
    source = tmp_path / "source.sqlite"
    connection = sqlite3.connect(source, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (randomblob(16000000))")
    connection.close()
    for options in ([], ["--dry-run"]):
        text = tandem("import", source, "--data", small_disk / "data", *options, code=1)
        assert "nothing was imported" in text and ("full" in text or "No space" in text)
        assert str(small_disk / "data") in text and str(source) not in text
        assert not list(small_disk.iterdir())


def test_a_vanished_log_directory_never_loses_what_was_acknowledged(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("INSERT INTO t VALUES (1)")
    pair.wait_level()
    pair.replica.kill()
    shutil.rmtree(pair.replica.data / "log")
    result = subprocess.run(pair.replica.command(), capture_output=True, text=True, timeout=30)
    assert result.returncode != 0 and "log" in result.stderr


def test_a_node_that_has_forgotten_its_promises_refuses_to_start(pair):
    pair.replica.stop()
    state = pair.replica.data / "node.state"
    kept = state.read_bytes()
    for damaged in (None, kept.replace(b"whole true", b"whole false"), b"", kept[:-3]):
        if damaged is None:
            state.unlink()
        else:
            state.write_bytes(damaged)
        result = subprocess.run(pair.replica.command(), capture_output=True, text=True, timeout=30)
        assert result.returncode != 0 and "node.state" in result.stderr and len(result.stderr.splitlines()) == 1
    state.write_bytes(kept)
    pair.replica.start()
    pair.wait_level()


def test_bytes_that_are_no_protocol_harm_nobody(pair):
    source = random.Random(7)
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        for number in range(200):
            with socket.create_connection(("127.0.0.1", source.choice(pair.nodes).port), timeout=5) as hostile:
                length = source.choice([0, 3, 4, 8, 100, 0x7FFFFFFF, 0xFFFFFFFF])
                hostile.sendall(length.to_bytes(4, "big") + source.randbytes(source.randrange(200)))
                if number % 2:
                    hostile.setblocking(False)
        connection.execute("INSERT INTO t VALUES (1)")
    pair.wait_level()
    assert pair.replica.query("SELECT a FROM t") == [(1,)]


def change_behind_its_back(pair, connection):
    """Has another program delete a row of the stopped replica."""
    connection.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)")
    connection.execute("INSERT INTO book VALUES (1, 'Emma'), (2, 'Persuasion')")
    pair.wait_level()
    pair.replica.stop()
    subprocess.run(["sqlite3", str(pair.replica.data / "tandem.sqlite"), "DELETE FROM book WHERE id = 1"], check=True)
    pair.replica.start()


def test_a_replica_with_changed_content_stops_and_says_where(pair):
    with pair.primary.connect() as connection:
        change_behind_its_back(pair, connection)
        wait_until(lambda: "book" in (pair.replica.status()["problem"] or ""), what="the drift is reported")


def test_without_checksums_it_stops_at_the_row_that_does_not_fit(make_pair):
    off = ["--checksums", "off"]
    pair = make_pair(primary_options=off, replica_options=off).start()
    with pair.primary.connect() as connection:
        change_behind_its_back(pair, connection)
        pair.replica.wait_ready()
        connection.execute("UPDATE book SET title = 'Emma!' WHERE id = 1")
        wait_until(lambda: "book" in (pair.replica.status()["problem"] or ""), what="the drift is reported")


def test_a_node_of_another_group_is_refused(make_pair, tmp_path):
    one, other = make_pair().start(), make_pair().start()
    other.replica.stop()
    stranger = Node(tmp_path / "stranger", "replica", one.primary)
    shutil.copytree(other.replica.data, stranger.data)
    stranger.start()
    try:
        wait_until(lambda: "another group" in (stranger.status()["problem"] or ""), what="refused")
    finally:
        stranger.kill()
