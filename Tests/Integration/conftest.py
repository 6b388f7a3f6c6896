"""Real nodes for the integration tests: processes on loopback, on free ports, in temporary folders."""

import collections
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import psycopg
import pytest

TANDEM = os.path.abspath(os.environ.get("TANDEM", ".build/release/tandem"))


# What takes longest begins first, so that nobody works alone at the end.
LONG = ["test_chaos", "test_client_suites", "test_kill", "test_archive", "test_failover", "test_disk_faults", "test_snapshot",
        "test_restore", "test_promotion", "test_memory", "test_documentation"]


def pytest_collection_modifyitems(items):
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


_given = collections.deque(maxlen=256)
_giving = threading.Lock()
# Of its own: tests seed the common one, and each process of them would be given the same ports.
_ports = random.SystemRandom()


def ports_of_worker():
    """Ports for the tests of one process. They lie below those that the system gives to outgoing connections, one of which may
    take it before its server does; and no other process has them, whose tests start servers again on theirs."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    return range(10_000 + number * 625, 10_000 + (number + 1) * 625)


PORTS = ports_of_worker()


def free_port():
    """A port that nobody listens on, and that was not given to anybody lately who may be about to."""
    with _giving:
        while True:
            port = _ports.choice(PORTS)
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            if port not in _given:
                _given.append(port)
                return port


def wait_until(condition, timeout=30, what="the condition"):
    """Polls until `condition()` is true; its exceptions count as false until the time is up."""
    deadline = time.monotonic() + timeout
    last = None
    while time.monotonic() < deadline:
        try:
            result = condition()
            if result:
                return result
        except (psycopg.Error, OSError) as error:
            last = error
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true within {timeout} s" + (f" (last: {last})" if last else ""))


class Node:
    """One `tandem` process with its data directory, which outlives it."""

    def __init__(self, folder, role, primary=None, options=()):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.role = role
        self.primary = primary
        self.options = list(options)
        self.port = free_port()
        self.process = None
        self.environment = None
        self.folder.mkdir(parents=True, exist_ok=True)

    def command(self):
        command = [TANDEM, self.role, "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        if self.primary:
            command += ["--primary", f"127.0.0.1:{self.primary.port}"]
        return command + self.options

    def start(self):
        assert self.process is None
        self.output = open(self.folder / "output.log", "ab")
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
            env=self.environment)
        return self

    def kill(self):
        """kill -9."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self, timeout=20):
        """SIGTERM, and the exit code."""
        if not self.process:
            return None
        self.process.terminate()
        code = self.process.wait(timeout)
        self.process = None
        return code

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def text(self):
        return (self.folder / "output.log").read_text(errors="replace")

    def connect(self, **options):
        options.setdefault("autocommit", True)
        options.setdefault("connect_timeout", 5)
        return psycopg.connect(host="127.0.0.1", port=self.port, user="test", dbname="test", **options)

    def query(self, sql, parameters=None):
        with self.connect() as connection:
            return connection.execute(sql, parameters).fetchall()

    def status(self):
        with self.connect() as connection:
            cursor = connection.execute("SHOW tandem.status")
            return dict(zip([column.name for column in cursor.description], cursor.fetchone()))

    def wait_ready(self, timeout=30):
        wait_until(lambda: self.status()["state"] == "ready", timeout, f"{self.role} ready")
        return self

    def wait_listening(self, timeout=30):
        wait_until(lambda: self.status(), timeout, f"{self.role} listening")
        return self

    def wait_commit_waits(self):
        """Until a transaction is in the primary's log and not acknowledged: `waiting_for` alone may speak of a record that
        says who the members are."""
        def waits():
            status = self.status()
            return status["last_index"] > status["commit_index"] and status["waiting_transactions"]
        wait_until(waits, what="a commit waits")
        return self

    def change_behind(self, sql):
        """What another program does to the node's database, whether the node runs or not."""
        connection = sqlite3.connect(self.data / "tandem.sqlite", timeout=10)
        connection.executescript(sql)
        connection.close()

    def dump(self):
        """The database's contents but for statistics, read from its files while the node is stopped."""
        assert self.process is None
        connection = sqlite3.connect(f"file:{self.data}/tandem.sqlite?mode=ro", uri=True)
        connection.text_factory = bytes
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [(b"ok",)]
            lines = [("user_version", connection.execute("PRAGMA user_version").fetchone())]
            schema = connection.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema "
                "WHERE name NOT LIKE '\\_tandem%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' "
                "ORDER BY type, name").fetchall()
            lines += schema
            for kind, name, _, sql in schema:
                if kind != b"table" or (sql or b"").upper().startswith(b"CREATE VIRTUAL"):
                    continue
                rows = connection.execute(f'SELECT * FROM "{name.decode()}"').fetchall()
                lines.append((name, sorted(map(repr, rows))))
            return lines
        finally:
            connection.close()


class Pair:
    """A primary and its replicas."""

    def __init__(self, folder, replicas=1, acknowledgements="1", primary_options=(), replica_options=()):
        self.primary = Node(
            folder / "primary", "primary", options=["--acknowledgements", acknowledgements, *primary_options])
        self.replicas = [
            Node(folder / f"replica{number}", "replica", self.primary, replica_options) for number in range(replicas)
        ]

    @property
    def nodes(self):
        return [self.primary, *self.replicas]

    @property
    def replica(self):
        return self.replicas[0]

    def start(self):
        for node in self.nodes:
            node.start()
        self.wait_ready()
        return self

    def wait_ready(self, timeout=60):
        for node in self.nodes:
            node.wait_ready(timeout)
        return self

    def wait_level(self, timeout=60):
        """Until every replica shows what the primary has committed."""
        def level():
            commit = self.primary.status()["commit_index"]
            return all(node.status()["applied_index"] == commit for node in self.nodes)
        wait_until(level, timeout, "all nodes level")
        return self

    def wait_level_log(self):
        """Until every log ends with the same record, whatever the databases show."""
        wait_until(lambda: len({node.status()["last_position"] for node in self.nodes}) == 1, what="the same log")

    def stop(self):
        for node in reversed(self.nodes):
            node.stop()

    def kill(self):
        for node in self.nodes:
            node.kill()

    def assert_identical(self):
        """Stops the nodes and compares their databases, byte for byte of every value."""
        self.wait_level()
        self.stop()
        dumps = [node.dump() for node in self.nodes]
        for other in dumps[1:]:
            assert other == dumps[0]


@pytest.fixture
def seed(request):
    """One seed a test run, printed where the test fails; TANDEM_SEED sets it."""
    value = int(os.environ.get("TANDEM_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"TANDEM_SEED={value}")
    return value


@pytest.fixture
def input_seed():
    """The seed of random input that is compared with another server's answers: the same in each run, so that a run can be
    trusted; TANDEM_SEED tries another."""
    value = int(os.environ.get("TANDEM_SEED", 1))
    print(f"TANDEM_SEED={value}")
    return value


@pytest.fixture
def make_pair(tmp_path):
    pairs = []

    def make(**options):
        pair = Pair(tmp_path / f"pair{len(pairs)}", **options)
        pairs.append(pair)
        return pair

    yield make
    for pair in pairs:
        for node in pair.nodes:
            if node.process:
                node.resume()
        pair.kill()


@pytest.fixture
def pair(make_pair):
    return make_pair().start()


@pytest.fixture(scope="module")
def shared_pair(tmp_path_factory):
    """One pair for the tests of a module that leave nothing behind which the others would notice."""
    folder = tmp_path_factory.mktemp("shared")
    pair = Pair(folder).start()
    yield pair
    pair.kill()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory):
    """A PostgreSQL server to compare with, for the tests of a module."""
    from postgresql import PostgreSQL  # Here, because it takes from this file what it needs.

    server = PostgreSQL(tmp_path_factory.mktemp("postgresql")).start()
    yield server
    server.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where a test fails, the last words of its nodes are part of the report."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        folders = [item.funcargs["tmp_path"]] if "tmp_path" in item.funcargs else []
        if "shared_pair" in item.funcargs:
            folders.append(item.funcargs["shared_pair"].primary.folder.parent)
        for log in sorted(log for folder in folders for log in folder.rglob("output.log")):
            report.sections.append((f"{log.parent.name}", log.read_text(errors="replace")[-4000:]))
