"""Tandem: two processes, or a program that embeds the primary and a process with the replica."""

import subprocess
import time

from .pair import TITLE, Configuration, Pair
from .place import free_port, wait_until
from .psql import Psql, Refusal, answers

TABLES = [
    f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, title VARCHAR(200), created_at TIMESTAMP, updated_at TIMESTAMP)"
    for name in ("book", "book100k", "probe", "big")
]


def filler(table, rows):
    return (f"INSERT INTO {table} (title, created_at, updated_at) "
            f"WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {rows}) "
            f"SELECT printf('{TITLE}%010d', n), CURRENT_TIMESTAMP(6), CURRENT_TIMESTAMP(6) FROM number")


def status(psql):
    """SHOW tandem.status of a node as a dictionary."""
    return dict(line.split("|", 1) for line in psql.lines("SHOW tandem.status \\gx\n") if "|" in line)


class TandemPair(Pair):
    name = "Tandem"

    def __init__(self, place, settings, folder="tandem", acknowledgements=1):
        self.place = place
        self.settings = settings
        self.folder = place.folder / folder
        self.folder.mkdir()
        self.acknowledgements = acknowledgements
        self.primary_port = free_port()
        self.replica_port = free_port()

    def configurations(self):
        return [Configuration("tandem", "Tandem", self)]

    def set_up(self, filled_rows=None):
        self.primary = self.start_primary()
        self.start_replica()
        for port in (self.primary_port, self.replica_port):
            self.wait_ready(port)
        self.make_tables(self.settings.filled_rows if filled_rows is None else filled_rows)

    def make_tables(self, filled_rows):
        with Psql(self.primary_port) as psql:
            for table in TABLES:
                psql.lines(table)
            if filled_rows:
                psql.lines(filler("book100k", filled_rows))
        self.wait_level()

    def start_primary(self):
        return self.place.start(
            [self.settings.tandem, "primary", "--data", self.folder / "primary", "--listen",
             f"127.0.0.1:{self.primary_port}", "--acknowledgements", str(self.acknowledgements)],
            self.folder / "primary.log")

    def start_replica(self):
        self.replica = self.place.start(
            [self.settings.tandem, "replica", "--data", self.folder / "replica", "--listen",
             f"127.0.0.1:{self.replica_port}", "--primary", f"127.0.0.1:{self.primary_port}"],
            self.folder / "replica.log")

    def wait_ready(self, port, timeout=60):
        def is_ready():
            self.check()
            try:
                with Psql(port) as psql:
                    return status(psql).get("state") == "ready"
            except (ConnectionError, Refusal):
                return False
        wait_until(is_ready, f"the node on port {port} ready", timeout)

    def wait_level(self, timeout=900):
        with Psql(self.primary_port) as primary, Psql(self.replica_port) as replica:
            wanted = int(status(primary)["commit_index"])

            def is_level():
                self.check()
                return int(status(replica)["applied_index"]) >= wanted
            wait_until(is_level, "the replica level with the primary", timeout)

    def log_bytes(self):
        output = self.place.run([self.settings.tandem, "log", str(self.folder / "primary"), "--verify"])
        return int(next(line.split()[1] for line in output.splitlines() if line.startswith("bytes")))

    def version(self):
        text = subprocess.run([self.settings.tandem, "--version"], capture_output=True, text=True).stdout.strip()
        with Psql(self.primary_port) as psql:
            sqlite = psql.value("SELECT sqlite_version()")
        return f"Tandem {text.split()[-1]}, SQLite {sqlite}; acknowledgements 1, the rest default"

    def load_large(self, rows):
        """One transaction of many rows, until it is applied; seconds until committed and until level."""
        start = time.monotonic()
        with Psql(self.primary_port) as psql:
            psql.lines(filler("big", rows))
        committed = time.monotonic() - start
        self.wait_level()
        return committed, time.monotonic() - start


class EmbeddedPair(TandemPair):
    """The primary lives in a program that writes to it from many tasks."""

    def __init__(self, place, settings):
        super().__init__(place, settings, "embedded")

    def configurations(self):
        return [Configuration("embedded", "Tandem embedded", self)]

    def start_primary(self):
        return self.place.start(
            [self.settings.embedded, self.folder / "primary", str(self.primary_port)], self.folder / "primary.log",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def wait_ready(self, port, timeout=60):
        if port == self.primary_port:
            wait_until(lambda: answers(port), "the embedded primary answers", timeout)
        super().wait_ready(port, timeout)

    def set_up(self, filled_rows=None):
        super().set_up(filled_rows)
        while self.answer() != "ready":
            pass

    def answer(self):
        line = self.primary.process.stdout.readline()
        if not line:
            self.primary.process.wait(10)
            self.primary.check()
        return line.strip()

    def measure(self, mode, tasks, seconds):
        """Transactions, seconds, p50, p95, p99 in milliseconds."""
        self.primary.process.stdin.write(f"{mode} {tasks} {seconds} {self.settings.filled_rows}\n")
        self.primary.process.stdin.flush()
        return [float(word) for word in self.answer().split()]
