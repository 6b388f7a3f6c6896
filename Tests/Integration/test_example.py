"""`make run-example` as a person uses it: the requests of Examples/BookService/README.md, then Ctrl-C."""

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

import pytest

from conftest import free_port, wait_until

ROOT = pathlib.Path(__file__).parents[2]


class Example:
    """The command that `make run-example` ends with, on what the tests have built."""

    def __init__(self, engine):
        # The servers may run as another user, who must be able to reach their folder.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tandem-example-"))
        self.folder.chmod(0o1777)
        self.port = free_port()
        recipe = subprocess.run(
            ["make", "--no-print-directory", "-n", "run-example", f"ENGINE={engine}", f"PORT={self.port}"], cwd=ROOT,
            capture_output=True, text=True, check=True).stdout
        self.log = open(self.folder / "output.log", "wb")
        self.process = subprocess.Popen(
            recipe.splitlines()[-1], shell=True, cwd=ROOT, env={**os.environ, "TMPDIR": str(self.folder)},
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)

    def output(self):
        return (self.folder / "output.log").read_text()

    def server(self, role):
        return re.search(rf"^{role} +\w+://\S+@(\S+?)/", self.output(), re.MULTILINE).group(1)

    def get(self, path):
        """Status, the lines that say where statements ran, and the JSON of the answer."""
        try:
            answer = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/book/{path}", timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers.get_all("X-Statement") or [], json.load(answer)

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
    assert [book["title"] for book in books] == ["INIT"] * 5
    assert example.get("master")[1] == [f"SELECT in BookService.allFromPrimary() {writes}"]

    status, statements, failure = example.get("update/slave")
    name = "BookService.updateInReadOnly(to:)"
    assert (status, statements) == (500, [f"SELECT in {name} {reads}", f"UPDATE 1 in {name} {reads}"])
    assert (failure["code"], failure["sqlState"]) == ("readOnlyTransaction", "25006")
    assert name in failure["message"] and "BookService.updateTitle(of:to:)" in failure["message"]

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

    os.killpg(example.process.pid, signal.SIGINT)
    example.process.wait(60)
    wait_until(lambda: not example.processes(), what="every process has ended")
    assert sorted(path.name for path in example.folder.iterdir()) == ["output.log"], "no folder is left"
