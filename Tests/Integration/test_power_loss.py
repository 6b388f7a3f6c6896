"""The power is cut at any moment of a node's life: of what a client was told nothing is missing, and nothing is half there.

A node works while everything that it does to its files is recorded. Then its folder is made anew as a power cut would
have left it, at one moment after the other, and a node is started in it. TANDEM_CRASH_POINTS says how many moments.
"""

import os
import random
import time

import psycopg

import power_loss
from conftest import Node, wait_until

POINTS = int(os.environ.get("TANDEM_CRASH_POINTS", 24))


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


def check(node, acknowledged):
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
    random_numbers = random.Random(input_seed)
    # Before the state of the node has its name there is no node yet.
    born = next(number for number, operation in enumerate(operations) if operation.kind == power_loss.RENAME)
    points = sorted(random_numbers.sample(range(born + 2, len(operations)), min(POINTS, len(operations) - born - 2)))
    disk, taken = power_loss.Disk(), 0
    for number, point in enumerate(points):
        for operation in operations[taken:point]:
            disk.take(operation)
        taken = point
        told = max((step for moment, step in acknowledged if moment < operations[point - 1].time), default=0)
        victim = Node(tmp_path / f"point{point}", "primary", options=options)
        disk.leave(victim.data, random_numbers, keeping=[None, 0, None, 1][number % 4])
        try:
            check(victim, told)
        except AssertionError as error:
            raise AssertionError(f"power cut after operation {point} of {len(operations)}: {error}") from error
