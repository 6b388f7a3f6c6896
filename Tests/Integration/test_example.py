"""`make run-example` as a person uses it: the requests of Examples/BookService/README.md, then Ctrl-C."""

import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

import psycopg
import pytest

from conftest import free_port, wait_until

ROOT = pathlib.Path(__file__).parents[2]


DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def get(port, path, cookie=None):
    """Status, the lines that say where statements ran, the JSON of the answer, and the cookie that it sets."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/book/{path}")
    if cookie is not None:
        request.add_header("Cookie", cookie)
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        cookie = answer.headers.get("Set-Cookie")
        return (answer.status, answer.headers.get_all("X-Statement") or [], json.load(answer),
                cookie and cookie.partition(";")[0])


class Example:
    """The command that `make run-example` ends with, on what the tests have built."""

    def __init__(self, engine):
        self.engine = engine
        # The servers may run as another user, who must be able to reach their folder.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tandem-example-"))
        self.folder.chmod(0o1777)
        self.port = free_port()
        recipe = subprocess.run(
            ["make", "--no-print-directory", "-n", "run-example", f"ENGINE={engine}", f"PORT={self.port}"], cwd=ROOT,
            capture_output=True, text=True, check=True).stdout
        self.log = open(self.folder / "output.log", "wb")
        secret = base64.b64encode(os.urandom(32)).decode()
        self.environment = {**os.environ, "TMPDIR": str(self.folder), "SESSION_KEY": secret}
        self.process = subprocess.Popen(
            recipe.splitlines()[-1], shell=True, cwd=ROOT, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)

    def output(self):
        return (self.folder / "output.log").read_text()

    def url(self, role):
        return re.search(rf"^{role} +(\w+://\S+)", self.output(), re.MULTILINE).group(1)

    def server(self, role):
        return re.search(r"@(\S+?)/", self.url(role)).group(1)

    def get(self, path):
        """Status, the lines that say where statements ran, and the JSON of the answer."""
        return get(self.port, path)[:3]

    @contextlib.contextmanager
    def another(self, port):
        """Another instance of the service over the same servers, with the same secret."""
        instance = subprocess.Popen(
            [".build/release/BookService", "--port", str(port), "--primary", self.url("primary"), "--replica",
             self.url("replica")], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log)
        try:
            yield
        finally:
            instance.kill()
            instance.wait()

    def processes(self):
        """What runs of it: the session that it was started in, and servers that have left it for one of their own."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
                if session == self.process.pid or bytes(self.folder) in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass  # it has ended
        return found

    def close(self):
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder)


@pytest.fixture(params=["tandem", "postgres", "mariadb"])
def example(request):
    example = Example(request.param)
    try:
        def has_books():
            assert example.process.poll() is None, example.output()
            return len(example.get("slave")[2]) == 5
        wait_until(has_books, timeout=120, what="the replica shows the books")
        yield example
    finally:
        example.close()


def test_the_example_answers_as_its_readme_says_and_ctrl_c_leaves_nothing_behind(example):
    primary, replica = example.server("primary"), example.server("replica")
    reads, writes = f"on {replica}: the least busy replica", f"on {primary}: it may write"

    status, statements, books = example.get("slave")
    assert (status, statements) == (200, [f"SELECT in BookService.allFromReplica() {reads}"])
    assert [(book["id"], book["title"]) for book in books] == [(number, "INIT") for number in range(1, 6)]
    assert all(DATE.fullmatch(book[name]) for book in books for name in ("createdAt", "updatedAt"))
    initial = books
    assert example.get("master")[1] == [f"SELECT in BookService.allFromPrimary() {writes}"]

    status, statements, failure = example.get("update/slave")
    name = "BookService.updateInReadOnly(to:)"
    assert (status, statements) == (500, [f"SELECT in {name} {reads}", f"UPDATE 1 in {name} {reads}"])
    assert (failure["code"], failure["sqlState"]) == ("readOnlyTransaction", "25006")
    assert name in failure["message"] and "BookService.updateTitle(of:to:)" in failure["message"]

    assert example.get("master")[2] == initial, "nothing has changed"

    for path, outer, inner in [
        ("master", "BookService.updateInReadWrite(to:)", "BookService.updateInReadWrite(to:)"),
        ("slave/requires-new", "BookService.updateInNew(to:)", "TitleService.updateTitle(of:to:with:)"),
        ("slave/self", "BookService.updateInNewBySelfCall(to:)", "BookService.updateTitleInNew(of:to:)"),
    ]:
        status, statements, books = example.get(f"update/{path}?title={path}")
        first = f"SELECT in {outer} {writes if path == 'master' else reads}"
        updates = [f"UPDATE {number} in {inner} {writes}" for number in range(1, 6)]
        assert (status, statements) == (200, [first, *updates, f"SELECT in {inner} {writes}"])
        assert [book["title"] for book in books] == [path] * 5
        assert [book["createdAt"] for book in books] == [book["createdAt"] for book in initial]
    # The answers show whole seconds.
    wait_until(lambda: all(book["updatedAt"] > book["createdAt"] for book in example.get("update/master")[2]),
               what="the time of the update has moved")
    if example.engine == "postgres":
        who_has_written_reads_it_from_any_instance(example)

    os.killpg(example.process.pid, signal.SIGINT)
    example.process.wait(60)
    wait_until(lambda: not example.processes(), what="every process has ended")
    assert sorted(path.name for path in example.folder.iterdir()) == ["output.log"], "no folder is left"


def who_has_written_reads_it_from_any_instance(example):
    """The README's second part: two instances, and a standby that stands still."""
    primary, replica, other = example.server("primary"), example.server("replica"), free_port()
    host, _, port = replica.partition(":")

    def read(cookie=None):
        status, statements, books, _ = get(other, "slave", cookie)
        assert status == 200
        return statements[0], {book["title"] for book in books}

    with example.another(other), psycopg.connect(
            host=host, port=port, user="postgres", dbname="postgres", autocommit=True) as standby:
        wait_until(read, what="the second instance answers")
        standby.execute("SELECT pg_wal_replay_pause()")
        wait_until(lambda: standby.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() == ("paused",),
                   what="the standby stands still")
        before = read()[1]
        status, _, _, cookie = get(example.port, "update/master?title=MINE")
        assert status == 200 and cookie.startswith("tandem-session.")
        statement, titles = read()
        assert titles == before and f"on {replica}: the least busy replica" in statement
        statement, titles = read(cookie)
        assert titles == {"MINE"} and f"on {primary}: no replica reached postgresql:" in statement
        changed = cookie[:-9] + ("B" if cookie[-9] == "A" else "A") + cookie[-8:]
        assert read(changed)[1] == before, "a cookie that was changed counts for nothing"
        standby.execute("SELECT pg_wal_replay_resume()")
        wait_until(lambda: f"on {replica}: the replica that reached" in read(cookie)[0], what="the standby goes on")
        assert read(cookie)[1] == {"MINE"}
