"""node-postgres, with its pool, cursors and streams, as Debian packages it, beside a PostgreSQL server."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = ROOT / "Tests/Integration/javascript/client.js"
# What `Scripts/unpack-packages` has made of Debian's packages: they cannot be installed beside others' Node.js.
MODULES = ROOT / ".build/node-postgres/usr/share/nodejs"


def told(*arguments):
    done = subprocess.run(
        ["node", PROGRAM, *map(str, arguments)], env={"NODE_PATH": str(MODULES), "PATH": "/usr/bin:/bin"}, capture_output=True,
        text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_node_postgres_is_told_what_postgresql_tells_it(pair, postgresql):
    with postgresql.connect() as connection:
        connection.execute("CREATE DATABASE books")
    expected = told("books", postgresql.port)
    assert told("books", pair.primary.port, pair.replica.port) == [*expected, 'replica [{"a":true}] 25006']
    pair.assert_identical()
