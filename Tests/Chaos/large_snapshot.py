"""A new replica of a large primary, while that is written to: how long it takes, what memory it needs, whom it holds up.

    TANDEM=.build/release/tandem .venv/bin/python Tests/Chaos/large_snapshot.py --gigabytes 10

It needs four to five times the database's size on the disk of --folder, which it empties afterwards.
"""

import argparse
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "Integration"))

from conftest import TANDEM, Node, wait_until  # noqa: E402
from memory import MIB, forget_peak, peak, resident  # noqa: E402


class Writer(threading.Thread):
    """One client that inserts a row at a time, and notes how long each commit took, and when."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.ending, self.commits = node, threading.Event(), []
        self.start()

    def run(self):
        with self.node.connect() as connection:
            while not self.ending.is_set():
                begin = time.monotonic()
                connection.execute("INSERT INTO entry (text) VALUES ('written meanwhile')")
                self.commits.append((begin, time.monotonic() - begin))

    def describe(self, begin, end):
        times = sorted(took for at, took in self.commits if begin <= at < end)
        if len(times) < 2:
            return f"{len(times)} commits"
        percentile = statistics.quantiles(times, n=1000)
        return (f"{len(times) / (end - begin):,.0f} commits a second; p50 {percentile[499] * 1e3:.2f} ms, "
                f"p99 {percentile[989] * 1e3:.2f} ms, p99.9 {percentile[998] * 1e3:.1f} ms, longest {times[-1] * 1e3:.0f} ms")


def make_database(path, gigabytes):
    """Large values and a million small rows with an index."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("""
        PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096;
        CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT);
        CREATE TABLE small (id INTEGER PRIMARY KEY, name TEXT);
        CREATE INDEX small_name ON small (name);
        CREATE TABLE large (id INTEGER PRIMARY KEY, data BLOB);
        BEGIN;
        INSERT INTO small (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
            SELECT 'name ' || i FROM n;
        COMMIT""")
    piece = bytes(range(256)) * 400
    connection.execute("BEGIN")
    for number in range(gigabytes * 10_000):
        connection.execute("INSERT INTO large (data) VALUES (?)", (number.to_bytes(8, "big") + piece,))
    connection.execute("COMMIT")
    connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=int, default=10)
    parser.add_argument("--folder", default="/var/tmp")
    parser.add_argument("--alone", type=float, default=60, help="seconds that the client writes before, to compare with")
    parser.add_argument("--rate", help="--snapshot-rate of the primary, such as 50MB; without it, as fast as it goes")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tandem-large.", dir=arguments.folder))
    nodes = []
    try:
        begin = time.monotonic()
        make_database(folder / "large.sqlite", arguments.gigabytes)
        size = (folder / "large.sqlite").stat().st_size
        print(f"a database of {size / 1e9:.1f} GB, made in {time.monotonic() - begin:.0f} s", flush=True)
        begin = time.monotonic()
        subprocess.run(
            [TANDEM, "import", folder / "large.sqlite", "--data", folder / "primary" / "data"], check=True,
            stdout=subprocess.DEVNULL)
        (folder / "large.sqlite").unlink()
        print(f"imported in {time.monotonic() - begin:.0f} s", flush=True)

        pace = ["--snapshot-rate", arguments.rate] if arguments.rate else []
        primary = Node(folder / "primary", "primary", options=["--acknowledgements", "0", *pace])
        nodes.append(primary)
        primary.start().wait_ready(120)
        writer = Writer(primary)
        time.sleep(arguments.alone)
        alone = time.monotonic()
        print(f"alone:           {writer.describe(alone - arguments.alone, alone)}; {resident(primary) / MIB:.0f} MiB", flush=True)

        forget_peak(primary)
        replica = Node(folder / "replica", "replica", primary)
        nodes.append(replica)
        begin = time.monotonic()
        replica.start()
        wait_until(lambda: "a snapshot was received" in replica.text(), timeout=3600, what="the snapshot has come")
        received = time.monotonic()
        replica.wait_ready(600)
        end = time.monotonic()
        print(f"with a snapshot: {writer.describe(begin, received)}")
        longest = sorted((took, at - begin) for at, took in writer.commits if begin <= at < received)[:-9:-1]
        print("the longest:     " + ", ".join(f"{took * 1e3:.0f} ms after {at:.1f} s" for took, at in longest))
        print(f"received in {received - begin:.0f} s, {size / 1e6 / (received - begin):.0f} MB/s; shown after {end - begin:.0f} s")
        print(f"at most in memory: primary {peak(primary) / MIB:.0f} MiB, replica {peak(replica) / MIB:.0f} MiB", flush=True)

        # A copy stays for half a minute, and its room is given back by and by.
        wait_until(lambda: not any((primary.data / "snapshots").iterdir()), timeout=120, what="the copy is removed")
        removed = time.monotonic()
        time.sleep(15)
        print(f"its removal:     {writer.describe(removed - 2, removed + 15)}", flush=True)

        writer.ending.set()
        writer.join(30)
        wait_until(
            lambda: replica.status()["applied_index"] == primary.status()["commit_index"], timeout=120, what="level")
        counts = [node.query("SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM large), (SELECT count(*) FROM small)")
                  for node in nodes]
        assert counts[0] == counts[1] and counts[0][0][0] == len(writer.commits), counts
        print(f"both have the same rows: {counts[0][0]}")
    finally:
        for node in nodes:
            node.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
