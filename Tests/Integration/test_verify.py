"""tandem verify: nodes are compared from their rows while they run, and what is found is mended by a snapshot."""

import json
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import TANDEM, Pair, wait_until


def verify(url, *options, expect):
    """What `tandem verify` says, as JSON."""
    answer = subprocess.run(
        [TANDEM, "verify", "--url", url, "--json", *options], capture_output=True, text=True, timeout=120)
    assert answer.returncode == expect, answer.stdout + answer.stderr
    return json.loads(answer.stdout) if answer.stdout else answer.stderr


def url(*nodes):
    return ",".join(f"127.0.0.1:{node.port}" for node in nodes)


def change_bytes(node, change):
    """What a disk does under a running node: bytes of the database's file become others, of which nobody is told."""
    # A stop copies the write-ahead log into the file; a change while the node is stopped would be noticed at its start.
    node.stop()
    node.start().wait_ready()
    data = bytearray((node.data / "tandem.sqlite").read_bytes())
    place, byte = change(data)
    with open(node.data / "tandem.sqlite", "r+b") as file:
        file.seek(place)
        file.write(byte)


def resync(node):
    node.stop()
    node.options.append("--resync")
    node.start()
    wait_until(lambda: "a snapshot was installed" in node.text(), what="the snapshot")
    node.options.remove("--resync")
    node.wait_ready()


def fill(connection, count):
    connection.execute("CREATE TABLE book (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT, price REAL)")
    connection.execute("CREATE INDEX book_title ON book (title)")
    connection.execute("CREATE TABLE copy (shelf TEXT, number INT, PRIMARY KEY (shelf, number)) WITHOUT ROWID")
    connection.execute("CREATE TABLE bare (x)")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
    numbers = f"WITH RECURSIVE n(v) AS (VALUES (1) UNION ALL SELECT v + 1 FROM n WHERE v < {count}) INSERT INTO"
    connection.execute(f"{numbers} book (title, price) SELECT printf('title number %06d', v), v FROM n")
    connection.execute(f"{numbers} copy SELECT printf('it''s %d', v % 7), v FROM n")
    connection.execute("INSERT INTO words VALUES ('Emma'), ('Persuasion')")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A primary with two replicas, and enough rows for several ranges of keys."""
    pair = Pair(tmp_path_factory.mktemp("verify"), replicas=2, acknowledgements="0")
    try:
        pair.start()
        with pair.primary.connect() as connection:
            fill(connection, 30_000)
        pair.wait_level()
        yield pair
    finally:
        pair.kill()


def test_nodes_that_have_the_same_are_said_to(filled):
    answer = verify(url(filled.primary), expect=0)
    assert answer["sound"] and answer["complete"] and answer["pages_checked"]
    assert answer["reference"].endswith(str(filled.primary.port)) and len(answer["nodes"]) == 3
    assert answer["index"] == int(filled.primary.status()["applied_index"])
    # Those of the full-text table's shadow tables are among them.
    assert answer["tables"] == 8 and answer["rows"] > 60_004
    # Any node names the others; several may be named; who is asked first does not matter.
    assert verify(url(filled.replicas[1]), "--skip-pages", expect=0)["nodes"][0] == answer["reference"]
    named = verify(url(filled.replicas[1], filled.primary), "--rate", "1GB", "--skip-pages", expect=0)
    assert named["reference"] == answer["reference"] and len(named["nodes"]) == 2
    replicas = verify(url(*filled.replicas), "--skip-pages", expect=0)
    assert replicas["reference"].endswith(str(filled.replicas[0].port)) and replicas["rows"] == answer["rows"]


def test_no_more_bytes_a_second_are_compared_than_the_rate_allows(filled):
    """However fast or slow the machine is, it takes that long at least."""
    amount = verify(url(filled.primary), "--skip-pages", expect=0)
    rate = amount["bytes"] // 5
    began = time.monotonic()
    throttled = verify(url(filled.primary), "--skip-pages", "--rate", str(rate), expect=0)
    elapsed = time.monotonic() - began
    assert (throttled["bytes"], throttled["rows"]) == (amount["bytes"], amount["rows"])
    # Nothing is paused for behind the last rows of a table, which are a quarter of a second's at most.
    assert elapsed >= throttled["bytes"] / rate - throttled["tables"] / 4


def test_a_pair_that_is_written_to_gives_no_false_alarm(filled):
    stopped = threading.Event()

    def write(number):
        with filled.primary.connect() as connection:
            while not stopped.is_set():
                number += 7
                connection.execute(f"INSERT INTO book (title, price) VALUES ('{number}', {number})")
                connection.execute(f"UPDATE book SET price = price + 1 WHERE id % 997 = {number % 997}")
                connection.execute(f"DELETE FROM copy WHERE number % 997 = {number % 997}")
                connection.execute(f"INSERT INTO words VALUES ('{number}')")

    def change_schema():
        with filled.primary.connect() as connection:
            number = 0
            while not stopped.is_set():
                number += 1
                connection.execute(f"CREATE TABLE t{number} (x INTEGER PRIMARY KEY AUTOINCREMENT)")
                connection.execute(f"INSERT INTO t{number} DEFAULT VALUES")
                connection.execute(f"DROP TABLE IF EXISTS t{number - 1}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    threads.append(threading.Thread(target=change_schema))
    for thread in threads:
        thread.start()
    try:
        indexes = [verify(url(filled.primary), expect=0)["index"] for _ in range(4)]
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    # What is compared is of the time of the comparison, and all went on meanwhile.
    assert indexes == sorted(set(indexes)) and indexes[-1] > indexes[0] + 100


def test_bytes_of_a_value_that_the_disk_has_changed_are_found_by_table_and_key_and_mended_by_a_snapshot(filled):
    replica = filled.replicas[0]
    id = filled.primary.query("SELECT id FROM book WHERE title = 'title number 012345'")[0][0]
    title = b"title number 012345"
    change_bytes(replica, lambda data: (data.index(title) + len(title) - 1, b"4"))
    answer = verify(url(filled.primary), expect=1)
    (difference,) = answer["differences"]
    assert difference["node"].endswith(str(replica.port)) and difference["table"] == "book"
    assert (difference["after"], difference["through"]) == (str(id - 1), str(id))
    assert difference["found"].startswith("1 row, ") and difference["found"] != difference["expected"]
    # The index of the titles does not go with the table any more.
    assert {damage["node"] for damage in answer["damages"]} == {difference["node"]}
    assert any("book_title" in damage["message"] for damage in answer["damages"])
    resync(replica)
    assert verify(url(filled.primary), expect=0)["sound"]


def test_a_page_that_cannot_be_read_is_named_by_its_table(filled):
    replica = filled.replicas[1]
    connection = sqlite3.connect(f"file:{replica.data / 'tandem.sqlite'}?mode=ro", uri=True)
    page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'copy'").fetchone()[0]
    connection.close()
    change_bytes(replica, lambda data: ((page - 1) * 4096, b"\xff"))
    answer = verify(url(filled.primary), expect=1)
    assert not answer["differences"]
    assert any(damage["table"] == "copy" and "malformed" in damage["message"] for damage in answer["damages"])
    resync(replica)
    assert verify(url(filled.primary), expect=0)["sound"]


def test_rows_that_are_missing_or_too_many_are_found_at_either_end(make_pair):
    pair = make_pair(acknowledgements="0", replica_options=["--checksums", "off"]).start()
    with pair.primary.connect() as connection:
        fill(connection, 1000)
    pair.wait_level()
    pair.replica.stop()
    pair.replica.change_behind(
        "DELETE FROM book WHERE id = 1; INSERT INTO copy VALUES ('z', 1); INSERT INTO bare VALUES (NULL)")
    pair.replica.start().wait_ready()
    found = {
        difference["table"]: (difference["after"], difference["through"], difference["found"][:6])
        for difference in verify(url(pair.primary), "--skip-pages", expect=1)["differences"]
    }
    assert found["book"] == (None, "1", "0 rows")
    assert found["copy"][1:] == (None, "2 rows") and found["bare"] == (None, None, "1 row,")
    # Where a replica is away, nobody says that all is the same.
    pair.replica.kill()
    answer = verify(url(pair.primary), expect=2)
    assert answer["missing"][0]["node"].endswith(str(pair.replica.port)) and not answer["complete"]
    assert "cannot connect" in verify(url(pair.replica), expect=2)


def test_what_has_no_key_and_the_numbers_in_the_header_are_compared_too(make_pair):
    pair = make_pair(acknowledgements="0").start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE nameless (rowid TEXT, oid TEXT, third TEXT)")
        connection.execute("INSERT INTO nameless VALUES ('a', 'b', 'c'), ('d', 'e', 'f')")
        connection.execute('ALTER TABLE nameless RENAME COLUMN third TO "_rowid_"')
        connection.execute("CREATE TABLE other (x)")
        connection.execute("INSERT INTO other VALUES (1)")
        connection.execute("PRAGMA user_version = 7")
    pair.wait_level()
    answer = verify(url(pair.primary), "--skip-pages", expect=0)
    assert (answer["tables"], answer["rows"]) == (2, 3)
    pair.replica.stop()
    pair.replica.change_behind(
        "UPDATE nameless SET oid = 'x' WHERE oid = 'e'; PRAGMA user_version = 5; PRAGMA application_id = 9")
    pair.replica.start().wait_ready()
    schema, table = verify(url(pair.primary), "--skip-pages", expect=1)["differences"]
    assert (schema["table"], schema["found"]) == (
        None, "user_version 5 instead of user_version 7, application_id 9 instead of application_id 0")
    assert (table["table"], table["after"], table["through"]) == ("nameless", None, None)
    assert table["found"].startswith("2 rows, ") and table["found"] != table["expected"]
