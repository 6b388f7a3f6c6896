"""Drift: what another program, or the disk, does to a node's database is found and said, and mended by a snapshot."""

import threading

import psycopg
import pytest

from archives import contents, wait_archived
from commands import tandem
from conftest import wait_until
from test_verify import url, verify


def library(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, price REAL)")
        connection.execute("CREATE TABLE shelf (room TEXT PRIMARY KEY)")
        connection.execute("INSERT INTO book (title, price) VALUES ('Emma', 3), ('Persuasion', 4.5)")
        connection.execute("INSERT INTO shelf VALUES ('east')")
    pair.wait_level()


def index(node):
    return int(node.status()["commit_index"])


def test_a_value_changed_while_a_replica_is_stopped_is_reported_and_mended_by_a_snapshot(make_pair):
    pair = make_pair(acknowledgements="0")
    pair.start()
    library(pair)
    assert pair.replica.stop() == 0
    before = index(pair.primary)
    pair.replica.change_behind("UPDATE book SET title = 'Sanditon' WHERE id = 2")
    pair.replica.start()
    with pair.primary.connect() as connection:
        connection.execute("UPDATE book SET title = 'Emma!' WHERE id = 1")
    status = wait_until(lambda: (lambda s: s["drift"] and s)(pair.replica.status()), what="drift in the status")
    assert status["state"] == "drifted"
    assert "`book`" in status["drift"] and str(before) in status["drift"] or str(before + 1) in status["drift"]
    assert "--resync" in pair.replica.text() and "DRIFT" in pair.replica.text()
    # Nothing of it is shown, the primary goes on, and the replica does not take over.
    try:
        pair.replica.query("SELECT * FROM book")
        raise AssertionError("a drifted database was shown")
    except psycopg.Error as error:
        assert "drifted" in str(error)
    answer = verify(url(pair.primary), "--skip-pages", expect=1)
    (missing,) = answer["missing"]
    assert missing["node"] == url(pair.replica) and "--on-drift report" in missing["reason"]
    assert "`book`" in answer["damages"][0]["message"]
    with pair.primary.connect() as connection:
        connection.execute("INSERT INTO shelf VALUES ('west')")
    try:
        with pair.replica.connect() as connection:
            connection.execute("ALTER SYSTEM PROMOTE")
        raise AssertionError("a drifted node was promoted")
    except psycopg.Error as error:
        assert "drifted" in str(error)
    # It is known after a restart, too.
    pair.replica.stop()
    pair.replica.start()
    wait_until(lambda: pair.replica.status()["drift"], what="drift after the restart")
    pair.replica.stop()
    pair.replica.options.append("--resync")
    pair.replica.start()
    wait_until(lambda: pair.replica.status()["state"] == "ready", what="the replica made anew")
    pair.replica.options.remove("--resync")
    assert pair.replica.status()["drift"] is None
    pair.assert_identical()


def test_a_change_of_rows_that_nobody_writes_to_is_found_and_reported_after_a_crash_too(make_pair):
    pair = make_pair(acknowledgements="0", replica_options=["--on-drift", "report"])
    pair.start()
    library(pair)
    pair.replica.kill()
    pair.replica.change_behind("DELETE FROM shelf")
    pair.replica.start()
    drift = wait_until(lambda: pair.replica.status()["drift"], what="drift in the status")
    assert "`shelf`" in drift
    # Who says report goes on, without what does not fit.
    with pair.primary.connect() as connection:
        connection.execute("UPDATE shelf SET room = 'west'")
        connection.execute("UPDATE book SET price = 5")
    wait_until(lambda: pair.replica.query("SELECT DISTINCT price FROM book") == [(5.0,)])
    # Its rows are shown, so those that differ can be named.
    answer = verify(url(pair.primary), "--skip-pages", expect=1)
    (difference,) = answer["differences"]
    assert (difference["node"], difference["table"]) == (url(pair.replica), "shelf")
    assert difference["found"].startswith("0 rows") and difference["expected"].startswith("1 row,")
    assert not answer["missing"]


def test_nothing_is_reported_under_load_restarts_and_changes_of_the_schema(make_pair):
    pair = make_pair(acknowledgements="1")
    pair.start()
    library(pair)
    stopped = threading.Event()

    def write():
        with pair.primary.connect() as connection:
            number = 0
            while not stopped.is_set():
                number += 1
                connection.execute(f"INSERT INTO book (title, price) VALUES ('{number}', {number})")
                connection.execute(f"UPDATE book SET price = price + 1 WHERE id % 7 = {number % 7}")
                connection.execute(f"DELETE FROM book WHERE id % 11 = {number % 11}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pair.primary.connect() as connection:
            connection.execute("ALTER TABLE book ADD COLUMN lent TEXT DEFAULT 'no'")
            connection.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
            connection.execute("INSERT INTO words SELECT title FROM book")
        pair.replica.kill()
        pair.replica.start().wait_ready()
        assert pair.replica.stop() == 0
        pair.replica.start().wait_ready()
        with pair.primary.connect() as connection:
            connection.execute("ALTER TABLE book RENAME TO volume; ALTER TABLE volume RENAME TO book")
            connection.execute("UPDATE book SET lent = 'yes' WHERE id % 3 = 0")
    finally:
        stopped.set()
        writer.join()
    pair.wait_level()
    assert all(node.status()["drift"] is None for node in pair.nodes)
    pair.assert_identical()


def test_a_keyed_table_with_a_real_column_first_keeps_its_rows_and_sums_on_both(make_pair):
    pair = make_pair(acknowledgements="0")
    pair.start()
    with pair.primary.connect() as connection:
        connection.execute(
            "CREATE TABLE reading (value REAL, sensor INTEGER, at INTEGER, PRIMARY KEY (sensor, at)) WITHOUT ROWID")
        connection.execute("INSERT INTO reading VALUES (1.5, 1, 10), (2.5, 2, 20), (3.5, 3, 20)")
        connection.execute("DELETE FROM reading WHERE sensor = 1")
        connection.execute("UPDATE reading SET value = 5 WHERE sensor = 2")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="primary key's columns first"):
            connection.execute("INSERT INTO reading VALUES (2.5, 9007199254740993, 20)")
    pair.wait_level()
    # A scan, for which there is a reason once somebody has touched the file, finds the rows that the sums say.
    for node in pair.nodes:
        assert node.stop() == 0
        (node.data / "tandem.sqlite").touch()
        node.start()
    pair.wait_ready()
    with pair.primary.connect() as connection:
        connection.execute("UPDATE reading SET value = 6 WHERE sensor = 3")
    pair.wait_level()
    assert all(node.status()["drift"] is None for node in pair.nodes)
    pair.assert_identical()


def test_statistics_are_each_nodes_own_and_no_drift(make_pair, tmp_path):
    archive = tmp_path / "archive"
    pair = make_pair(replicas=2, primary_options=["--archive", str(archive), "--archive-timeout", "100ms"])
    pair.start()
    with pair.primary.connect() as connection:
        for number in range(25):
            connection.execute(f"CREATE TABLE t{number} (a)")
            connection.execute(f"INSERT INTO t{number} VALUES (1)")
        # SQLite's list of tables, and so the order of ANALYZE, is another one after a restart.
        for number in range(14):
            connection.execute(f"DROP TABLE t{number}")
        pair.wait_level()
        assert pair.replica.stop() == 0
        pair.replica.start().wait_ready()
        backup = tmp_path / "backup.tar"
        tandem("backup", backup, "--url", url(pair.primary))
        connection.execute("ANALYZE")
        connection.execute("ANALYZE t14")
        for number in range(14, 24):
            connection.execute(f"DROP TABLE t{number}")
        connection.execute("UPDATE sqlite_stat1 SET stat = '7' WHERE tbl = 't24'")
        connection.execute("INSERT INTO t24 VALUES (2)")
    pair.wait_level()
    for node in pair.nodes:
        assert node.status()["state"] == "ready"
    statistics = "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 't24' AND stat = '{}'"
    assert [node.query(statistics.format(7)) for node in pair.nodes] == [[(1,)], [(0,)], [(0,)]]
    assert [node.query(statistics.format(1)) for node in pair.replicas] == [[(1,)], [(1,)]]
    assert verify(url(pair.primary), expect=0)["sound"]
    wait_archived(pair.primary)
    tandem("restore", "--backup", backup, "--archive", archive, "--data", tmp_path / "restored")
    pair.assert_identical()
    assert contents(tmp_path / "restored" / "tandem.sqlite") == contents(pair.primary.data / "tandem.sqlite")
