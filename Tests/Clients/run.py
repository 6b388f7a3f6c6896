"""Runs clients' own test suites against a pair: `run.py [suite …] [-- options of pytest]`; all suites unless some are named.

A suite comes with its client: from the wheel, from the source distribution of the installed version, or from Debian's
package. What is skipped, and why, is in `skipped/SUITE.txt`; docs/CLIENT-SUITES.md sums it up.
"""

import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "Integration"), str(HERE)]

import conftest  # noqa: E402
import known  # noqa: E402

FOLDER = ROOT / ".build" / "client-suites"
DEBIAN_PQ = pathlib.Path("/usr/share/gocode/src/github.com/lib/pq")


def install(*packages):
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)


def source_of(package, distribution, tests):
    """The folder of tests in the source distribution of the installed version."""
    version = importlib.metadata.version(distribution)
    folder = FOLDER / f"{package}-{version}"
    if not folder.exists():
        with tempfile.TemporaryDirectory() as download:
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                 "--no-binary", package, f"{package}=={version}", "--dest", download], check=True)
            [archive] = pathlib.Path(download).iterdir()
            with tarfile.open(archive) as file:
                file.extractall(download)
            FOLDER.mkdir(parents=True, exist_ok=True)
            shutil.copytree(pathlib.Path(download) / f"{package}-{version}" / tests, folder / tests)
    return folder


def without_temporary_tables(folder):
    """Ordinary tables in place of temporary ones, in the Python files of a folder."""
    for path in folder.rglob("*.py"):
        text = path.read_text()
        changed = re.sub(r"\b(create)\s+(?:temp|temporary)\s+(table)\b", r"\1 \2", text, flags=re.IGNORECASE)
        if changed != text:
            path.write_text(changed)


def pytest_command(suite, node, folder, options, **environment):
    """A command of pytest, and its environment: libpq's variables lead to the node."""
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "known", "--tb=native",
        f"--known={HERE / 'skipped' / suite}.txt", *options]
    names = {"PGHOST": "127.0.0.1", "PGPORT": str(node.port), "PGUSER": "test", "PGDATABASE": "test"}
    return command, os.environ | {"PYTHONPATH": f"{HERE}:{folder}"} | names | environment


def pytest(suite, node, folder, options, **environment):
    command, environment = pytest_command(suite, node, folder, options, **environment)
    return subprocess.run(command, cwd=folder, env=environment).returncode


def sqlalchemy_command(node, options=()):
    """SQLAlchemy's compliance suite for dialects: a part of its wheel, made for foreign databases."""
    return pytest_command(
        "sqlalchemy", node, HERE / "sqlalchemy",
        ["--dburi", f"postgresql+psycopg://test@127.0.0.1:{node.port}/test", "--maxfail=10000", *options])


def sqlalchemy(node, options):
    command, environment = sqlalchemy_command(node, options)
    return subprocess.run(command, cwd=HERE / "sqlalchemy", env=environment).returncode


def asyncpg(node, options):
    install("distro")
    return pytest("asyncpg", node, source_of("asyncpg", "asyncpg", "tests"), ["tests", *options])


def psycopg2(node, options):
    install("psycopg2-binary>=2.9,<3")
    folder = source_of("psycopg2", "psycopg2-binary", "tests")
    without_temporary_tables(folder)
    address = f"host=127.0.0.1 port={node.port} user=test dbname=test"
    return pytest(
        "psycopg2", node, folder, ["tests", f"--fresh-schema={address}", *options], PSYCOPG2_TESTDB="test",
        PSYCOPG2_TEST_FAST="1")


def pq(node, options):
    """Go's lib/pq: Debian's package has its tests."""
    folder = FOLDER / "go"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DEBIAN_PQ, folder / "src" / "github.com" / "lib" / "pq")
    environment = os.environ | {
        "GO111MODULE": "off", "GOPATH": f"{folder}:/usr/share/gocode", "GOFLAGS": "", "PGHOST": "127.0.0.1",
        "PGPORT": str(node.port), "PGUSER": "test", "PGDATABASE": "test", "PGSSLMODE": "disable"}
    run = subprocess.run(
        ["go", "test", "-timeout", "120s", "-json", "."], cwd=folder / "src" / "github.com" / "lib" / "pq",
        env=environment, capture_output=True, text=True)
    outcomes = {}
    for line in run.stdout.splitlines():
        event = json.loads(line)
        # Tests only, not the parts of one.
        if event.get("Test", "/").count("/") == 0 and event["Action"] in ("pass", "fail", "skip"):
            outcomes[event["Test"]] = event["Action"]
    expected = known.read(HERE / "skipped" / "pq.txt")
    failed = [test for test, action in outcomes.items() if action == "fail"]
    unexpected = [test for test in failed if not known.reason_for(test, expected)]
    counts = {action: list(outcomes.values()).count(action) for action in ("pass", "fail", "skip")}
    print(f"{counts['pass']} passed, {len(failed) - len(unexpected)} failed as listed, {counts['skip']} skipped")
    for test in unexpected:
        print(f"FAILED {test}")
    if not outcomes:
        print(run.stdout + run.stderr)
    return 1 if unexpected or not outcomes else 0


SUITES = {"sqlalchemy": sqlalchemy, "asyncpg": asyncpg, "psycopg2": psycopg2, "pq": pq}


def main(arguments):
    options = arguments[arguments.index("--") + 1:] if "--" in arguments else []
    names = [name for name in arguments[:len(arguments) - len(options)] if name != "--"] or list(SUITES)
    failed = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            pair = conftest.Pair(pathlib.Path(folder)).start()
            try:
                print(f"== {name}", flush=True)
                if SUITES[name](pair.primary, options):
                    failed.append(name)
                # Whatever a suite did, the replica has done.
                pair.assert_identical()
            finally:
                pair.kill()
    if failed:
        sys.exit(f"not as expected: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
