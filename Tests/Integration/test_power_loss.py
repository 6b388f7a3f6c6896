"""The power is cut at any moment of a node's life: of what a client was told nothing is missing, and nothing is half there.

A node works while everything that it does to its files is recorded. Then its folder is made anew as a power cut would
have left it, at one moment after the other, with all and with none of what was not flushed, and now and then with some of
it, and a node is started in it. TANDEM_CRASH_POINTS says how many moments.
"""

import collections
import concurrent.futures
import json
import os
import random
import shutil
import time

import psycopg
import pytest

import power_loss
from commands import run, tandem, url
from conftest import Node, wait_until

POINTS = int(os.environ.get("TANDEM_CRASH_POINTS", 150))
WORKERS = 4


def work(node):
    """Writes until the log has several segments, with a checkpoint and a schema change; what was acknowledged when."""
    acknowledged = []
    with node.connect() as connection:
        connection.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, text TEXT)")
        connection.execute("CREATE TABLE twin (number INTEGER PRIMARY KEY, text TEXT)")
        for number in range(1, 121):
            if number == 60:
                connection.execute("ALTER TABLE twin ADD COLUMN more INTEGER")
            with connection.transaction():
                connection.execute("INSERT INTO entry VALUES (%s, %s)", (number, "x" * (number * 37 % 3000)))
                connection.execute("INSERT INTO twin (number, text) VALUES (%s, %s)", (number, "y" * (number % 50)))
                if number % 10 == 0:
                    connection.execute("DELETE FROM entry WHERE number = %s", (number - 5,))
            acknowledged.append((time.monotonic_ns(), number))
            if number % 40 == 0:
                connection.execute("ALTER SYSTEM PRUNE LOG")  # Asks for a checkpoint.
    return acknowledged


def check(node, told):
    """Starts the node on what is left of its folder, and looks at its rows."""
    node.start()
    try:
        wait_until(lambda: node.process.poll() is not None or node.status()["state"] == "ready", 30, "the node is ready")
        assert node.process.poll() is None, node.text()[-2000:]
        assert node.query("PRAGMA integrity_check") == [("ok",)]
        try:
            twins = [number for (number,) in node.query("SELECT number FROM twin ORDER BY number")]
        except psycopg.errors.UndefinedTable:
            twins = []
        entries = [number for (number,) in node.query("SELECT number FROM entry ORDER BY number")] if twins else []
    finally:
        node.kill()
    acknowledged = max(told, default=0)
    last = twins[-1] if twins else 0
    assert twins == list(range(1, last + 1)), "a transaction is missing in the middle"
    assert entries == [number for number in twins if not (number % 10 == 5 and number + 5 <= last)], "half a transaction"
    assert last >= acknowledged, f"{acknowledged} was acknowledged, and {last} is the last one"


def test_after_a_power_cut_at_any_moment_everything_acknowledged_is_there_and_nothing_half(tmp_path, input_seed):
    options = ["--acknowledgements", "0", "--segment-size", "65536", "--log-keep-size", "0"]
    node = Node(tmp_path / "recorded", "primary", options=options)
    journal = tmp_path / "journal"
    node.environment = power_loss.recording(node.data, journal)
    node.start().wait_ready()
    acknowledged = work(node)
    node.kill()
    operations = power_loss.read(journal, node.data)
    kinds = {operation.kind for operation in operations}
    assert {power_loss.WRITE, power_loss.FLUSH, power_loss.RENAME, power_loss.CREATE} <= kinds
    print(len(operations), "operations")
    check_all(victims(tmp_path, operations, POINTS, "primary", options, acknowledged, input_seed), check)


def check_all(victims, check):
    """Checks some victims at a time: each of them mostly waits for a process. Their folders go as they are found good."""
    def checked(victim, told, where):
        try:
            check(victim, told)
        except Exception as error:
            raise AssertionError(f"{where}: {error}") from error
        shutil.rmtree(victim.data)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        running = collections.deque()
        for victim in victims:
            running.append(pool.submit(checked, *victim))
            # A folder is made only as soon as somebody is about to need it.
            while len(running) > WORKERS:
                running.popleft().result()
        for done in running:
            done.result()


def victims(tmp_path, operations, count, role, options, acknowledged, seed, primary=None):
    """Nodes whose folders are what a power cut left, at `count` moments, each with none and with all of what was not
    flushed, and every third time with whatever; how much was acknowledged by then; and where that was."""
    random_numbers = random.Random(seed)
    # Before the state of the node has its name there is no node yet.
    born = next(number for number, operation in enumerate(operations) if operation.kind == power_loss.RENAME)
    points = sorted(random_numbers.sample(range(born + 2, len(operations)), min(count, len(operations) - born - 2)))
    disk, taken = power_loss.Disk(), 0
    for number, point in enumerate(points):
        for operation in operations[taken:point]:
            disk.take(operation)
        taken = point
        told = [step for moment, step in acknowledged if moment < operations[point - 1].time]
        for keeping in [0, 1, None][:3 if number % 3 == 0 else 2]:
            victim = Node(tmp_path / f"point{point}-{keeping}", role, primary, options)
            disk.leave(victim.data, random_numbers, keeping=keeping)
            kept = {0: "nothing", 1: "all", None: "something"}[keeping]
            yield victim, told, (
                f"power cut after operation {point} of {len(operations)}, {kept} kept of what was not flushed")


def insert(node, numbers, acknowledged):
    """Rows that are acknowledged one by one."""
    with node.connect() as connection:
        for number in numbers:
            connection.execute("INSERT INTO entry VALUES (%s, %s)", (number, "x" * (number * 37 % 3000)))
            acknowledged.append((time.monotonic_ns(), number))


def work_as_replica(pair):
    """The life of a replica that acknowledges everything: it follows, is promoted, writes what nobody acknowledges, is cut
    when it follows again, and is promoted once more. What was acknowledged when, and the row that never was."""
    acknowledged = []
    other, recorded = pair.nodes
    with other.connect() as connection:
        connection.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, text TEXT)")
    insert(other, range(1, 31), acknowledged)
    other.kill()
    tandem("promote", "--url", url(recorded))
    other.start()
    recorded.wait_ready()
    insert(recorded, range(31, 46), acknowledged)
    wait_until(lambda: other.status()["flushed_index"] == recorded.status()["last_index"], what="the other has it all")
    other.kill()
    with recorded.connect() as connection:
        connection.execute("SET tandem.commit_timeout = '200ms'")
        with pytest.raises(psycopg.errors.StatementCompletionUnknown):
            connection.execute("INSERT INTO entry VALUES (46, 'nobody acknowledges that')")
    recorded.kill()
    other.start().wait_listening()
    tandem("promote", "--url", url(other))
    recorded.start()
    other.wait_ready()
    insert(other, range(47, 71), acknowledged)
    other.kill()
    tandem("promote", "--url", url(recorded))
    other.start()
    recorded.wait_ready()
    insert(recorded, range(71, 91), acknowledged)
    pair.kill()
    return acknowledged


def logged(node):
    """The numbers that are inserted by what the log of a stopped node holds, in their order."""
    if not list((node.data / "log").glob("*")):
        return []  # It has never been accepted by a primary.
    done = run("log", node.data, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return [
        change["new"]["number"] for record in records for change in record.get("changes", ())
        if change["kind"] == "insert" and change["table"] == "entry"]


def check_replica(node, told):
    """Starts the node on what is left of its folder, alone: its rows are some of its log's, and its log has everything that
    it has acknowledged."""
    node.start()
    try:
        wait_until(lambda: node.process.poll() is not None or node.status(), 30, "the node listens")
        assert node.process.poll() is None, node.text()[-2000:]

        def rows():
            try:
                return node.query("SELECT number FROM entry ORDER BY number")
            except psycopg.errors.UndefinedTable:
                return []

        shown = [number for (number,) in wait_until(lambda: (rows(),), 30, "it serves reads")[0]]
        assert node.query("PRAGMA integrity_check") == [("ok",)]
    finally:
        node.kill()
    held = logged(node)
    assert held == sorted(held) and len(set(held)) == len(held)
    assert shown == held[:len(shown)], "it shows what its log does not say"
    assert set(told) <= set(held), f"{sorted(set(told) - set(held))} were acknowledged, and are not in its log"
    assert 46 not in held or not any(number > 46 for number in held), "what was cut is there again"


def test_after_a_power_cut_at_any_moment_a_replica_that_was_cut_and_promoted_has_all_that_it_acknowledged(
        make_pair, tmp_path, input_seed):
    options = ["--segment-size", "65536"]
    pair = make_pair(primary_options=options, replica_options=options)
    recorded, journal = pair.replica, tmp_path / "journal"
    recorded.environment = power_loss.recording(recorded.data, journal)
    pair.start()
    acknowledged = work_as_replica(pair)
    operations = power_loss.read(journal, recorded.data)
    print(len(operations), "operations")
    check_all(
        victims(tmp_path, operations, POINTS, "replica", options, acknowledged, input_seed, primary=pair.primary),
        check_replica)
