"""Existing databases become a primary's, and a node's database becomes a plain file again."""

import hashlib
import shutil
import sqlite3
import subprocess

import pytest

from archives import contents
from commands import run, tandem, url
from conftest import TANDEM, Node, Pair, wait_until


def make_everything(path, wal=True):
    """A database with what SQLite has to offer; the connection, so that its write-ahead log stays."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"""
        PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;
        PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}; PRAGMA wal_autocheckpoint = 0;
        PRAGMA user_version = 42; PRAGMA application_id = 1337;
        CREATE TABLE plain (a, b TEXT COLLATE NOCASE, c REAL DEFAULT 1.5, d BLOB);
        CREATE TABLE keyed (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, CHECK (length(name) < 100));
        CREATE TABLE child (id INTEGER PRIMARY KEY, keyed INTEGER REFERENCES keyed(id) ON DELETE CASCADE);
        CREATE TABLE without (k TEXT, n INTEGER, v, PRIMARY KEY (n, k)) WITHOUT ROWID;
        CREATE TABLE computed (x INTEGER, y INTEGER AS (x * 2) STORED, z INTEGER AS (x + 1));
        CREATE TABLE strict (i INTEGER, t TEXT) STRICT;
        CREATE INDEX some ON plain (b) WHERE a > 1; CREATE INDEX expression ON plain (lower(b));
        CREATE VIEW names AS SELECT name FROM keyed;
        CREATE TABLE journal (what TEXT);
        CREATE TRIGGER noted AFTER INSERT ON keyed BEGIN INSERT INTO journal VALUES ('new ' || new.name); END;
        CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'porter');
        CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
        INSERT INTO plain SELECT value, 'Text ' || value, value / 3.0, randomblob(300) FROM generate_series(1, 200);
    """.replace("SELECT value, 'Text ' || value, value / 3.0, randomblob(300) FROM generate_series(1, 200)",
                "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 200) "
                "SELECT value, 'Text ' || value, value / 3.0, randomblob(300) FROM n"))
    connection.executescript("""
        DELETE FROM plain WHERE a % 5 = 0;
        INSERT INTO keyed (name) VALUES ('one'), ('two'), ('gone'); DELETE FROM keyed WHERE name = 'gone';
        INSERT INTO child VALUES (1, 1); INSERT INTO without VALUES ('k', 1, x'00ff'), ('j', 2, NULL);
        INSERT INTO computed (x) VALUES (1), (2); INSERT INTO strict VALUES (1, 'a');
        INSERT INTO words VALUES ('running runs'), ('sleeping'); INSERT INTO boxes VALUES (1, 0.5, 2.5);
        ANALYZE;
    """)
    return connection


def select(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def stamp(folder):
    """The names and bytes of all that is in a folder, but for what SQLite keeps in shared memory."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir()) if not path.name.endswith("-shm")}


@pytest.fixture(params=["open", "left", "journal"])
def source(request, tmp_path):
    """A database that another program has open with a write-ahead log; one that such a program has left; a plain one."""
    folder = tmp_path / "source"
    folder.mkdir()
    path = folder / "library.sqlite"
    connection = make_everything(path, wal=request.param != "journal")
    if request.param == "left":
        other = tmp_path / "left"
        other.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", other / (path.name + suffix))
        connection.close()
        path = other / path.name
    yield path
    connection.close()


def test_an_imported_database_is_the_same_on_primary_and_replica_and_exported_again(source, tmp_path):
    before = stamp(source.parent)
    text = tandem("import", source, "--data", tmp_path / "data")
    assert f"{source} is imported into {tmp_path / 'data'}" in text
    assert stamp(source.parent) == before, "the source is untouched"
    whole = tmp_path / "whole.sqlite"
    reader = sqlite3.connect(source)
    with sqlite3.connect(whole) as copy:
        reader.backup(copy)
    reader.close()
    expected = contents(whole)
    primary = Node(tmp_path / "primary", "primary")
    (tmp_path / "data").rename(primary.data)
    replica = Node(tmp_path / "replica", "replica", primary)
    try:
        primary.start()
        replica.start()
        primary.wait_ready()
        replica.wait_ready()
        exported = tmp_path / "exported.sqlite"
        assert "is the database at 2@" in tandem("export", exported, "--url", url(replica))
        assert contents(exported) == expected
        statistics = "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx"
        assert select(exported, statistics) == select(whole, statistics) != []
        assert (exported.stat().st_mode & 0o777) == 0o600
        with primary.connect() as connection:
            connection.execute("INSERT INTO keyed (name) VALUES ('three')")
            connection.execute("INSERT INTO words VALUES ('written anew')")
            connection.execute("UPDATE plain SET c = 0 WHERE a = 7")
            connection.execute("INSERT INTO without VALUES ('new', 3, 'v')")
            assert connection.execute("SELECT id FROM keyed WHERE name = 'three'").fetchone() == (4,)
            assert connection.execute("SELECT what FROM journal").fetchall()[-1] == ("new three",)
            assert connection.execute("SELECT count(*) FROM words WHERE words MATCH 'run'").fetchone() == (1,)
        pair = Pair.__new__(Pair)
        pair.primary, pair.replicas = primary, [replica]
        pair.wait_level()
        replica.stop()
        primary.kill()  # What its database has not yet is in its log.
        for number, node in enumerate((primary, replica)):
            tandem("export", tmp_path / f"{number}.sqlite", "--data", node.data)
        assert contents(tmp_path / "0.sqlite") == contents(tmp_path / "1.sqlite") != expected
    finally:
        primary.kill()
        replica.kill()


def test_what_cannot_be_replicated_is_named_before_anything_is_made(tmp_path):
    path = tmp_path / "odd.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("""
        PRAGMA encoding = 'UTF-16le';
        CREATE TABLE names (rowid TEXT, _rowid_ TEXT, oid TEXT);
        CREATE VIRTUAL TABLE vocabulary USING fts5(text);
        CREATE VIRTUAL TABLE counts USING fts5vocab(vocabulary, 'row');
        CREATE VIEW broken AS SELECT unknown_function(1);
    """)
    connection.close()
    data = tmp_path / "data"
    text = tandem("import", path, "--data", data, code=1)
    assert "its text is in UTF-16le" in text
    assert "Table `names` has columns named rowid" in text
    assert "fts5vocab" in text
    assert not data.exists()
    (tmp_path / "text.txt").write_text("no database at all, but long enough to have a header of a hundred bytes" * 4)
    assert "cannot be read" in tandem("import", tmp_path / "text.txt", "--data", data, code=1)
    assert "there is no file" in tandem("import", tmp_path / "nowhere", "--data", data, code=1)
    fine = tmp_path / "fine.sqlite"
    connection = sqlite3.connect(fine)
    connection.executescript("CREATE TABLE t(a); CREATE VIEW broken AS SELECT unknown_function(1);")
    connection.close()
    text = tandem("import", fine, "--data", data, "--dry-run")
    assert f"{fine} can be replicated" in text and "note: view broken cannot be used as it is" in text
    assert not data.exists()
    data.mkdir()
    (data / "something").write_text("of somebody's")
    assert "is not empty" in tandem("import", fine, "--data", data, code=1)


def test_what_a_broken_off_import_has_left_is_not_taken_for_a_node(tmp_path):
    source = tmp_path / "big.sqlite"
    with sqlite3.connect(source) as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
        connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) "
                           "INSERT INTO t SELECT i, randomblob(1000) FROM n")
    node = Node(tmp_path / "node", "primary")
    process = subprocess.Popen([TANDEM, "import", str(source), "--data", str(node.data)], stdout=subprocess.DEVNULL)
    wait_until(lambda: list(node.data.glob("*.sqlite")) and list(node.data.glob("*.sqlite"))[0].stat().st_size > 0)
    process.kill()
    assert process.wait() == -9 and not (node.data / "node.state").exists()
    assert "was broken off" in refused(node)
    # A database that was put there is no node's either, and stays as it is.
    for path in node.data.iterdir():
        path.unlink()
    shutil.copy(source, node.data / "tandem.sqlite")
    before = (node.data / "tandem.sqlite").read_bytes()
    assert "it has the table t" in refused(node) and "tandem import" in refused(node)
    assert (node.data / "tandem.sqlite").read_bytes() == before
    (node.data / "tandem.sqlite").write_bytes(before[:5000])
    assert "cannot be read" in refused(node)
    # A node that was ended in its very first start has left as much, and goes on.
    (node.data / "tandem.sqlite").write_bytes(b"")
    node.options = ["--acknowledgements", "0"]
    node.start().wait_ready()
    node.kill()


def refused(node):
    """What a node says that does not start."""
    result = subprocess.run(node.command(), capture_output=True, text=True, timeout=30)
    assert result.returncode != 0
    return result.stderr


def test_an_export_tells_nothing_of_users_and_a_backup_is_for_its_owner_alone(tmp_path):
    node = Node(tmp_path / "node", "primary", options=["--acknowledgements", "0"]).start()
    try:
        node.wait_ready()
        with node.connect() as connection:
            connection.execute("CREATE TABLE kept (a TEXT)")
            connection.execute("INSERT INTO kept VALUES ('kept')")
        password = tmp_path / "password"
        password.write_text("secret words\n")
        password.chmod(0o600)
        node.stop()
        roles = [word for role in ("administrate", "replicate", "read") for word in ("--role", role)]
        tandem("user", "add", "keeper", "--data", node.data, "--new-password-file", password, *roles)
        node.start()
        login = ["--user", "keeper", "--password-file", password]
        backup, exported = tmp_path / "backup.sqlite", tmp_path / "exported.sqlite"
        wait_until(lambda: "first users are in the group's database now" in node.text(), what="the user is there")
        wait_until(lambda: tandem_quietly("backup", backup, "--url", url(node), *login), what="the login works")
        tandem("export", exported, "--url", url(node), *login)
        assert b"SCRAM-SHA-256$" in backup.read_bytes(), "the test can see a verifier"
        assert b"SCRAM-SHA-256$" not in exported.read_bytes() and b"_tandem" not in exported.read_bytes()
        assert (backup.stat().st_mode & 0o777) == 0o600
        folder = tmp_path / "backup"
        tandem("backup", f"{folder}/", "--url", url(node), *login)
        assert (folder.stat().st_mode & 0o777) == 0o700
        node.stop()
        stopped = tmp_path / "stopped.sqlite"
        tandem("export", stopped, "--data", node.data)
        assert contents(stopped) == contents(exported)
        assert b"SCRAM-SHA-256$" not in stopped.read_bytes()
        assert "is no data directory" in tandem("export", tmp_path / "x.sqlite", "--data", tmp_path, code=1)
    finally:
        node.kill()


def tandem_quietly(*arguments):
    try:
        return tandem(*arguments)
    except AssertionError:
        return None


def test_an_export_names_what_does_not_work_without_a_nodes_functions(tmp_path):
    node = Node(tmp_path / "node", "primary", options=["--acknowledgements", "0"]).start()
    try:
        node.wait_ready()
        with node.connect() as connection:
            connection.execute("CREATE TABLE plain (a TEXT)")
            connection.execute("CREATE VIEW fine AS SELECT upper(a) AS tandem_left FROM plain")
            connection.execute("CREATE VIEW initials AS SELECT left(a, 1) AS initial FROM plain")
            connection.execute("CREATE TABLE checked (a TEXT, CHECK (left(a, 1) <> 'z'))")
            connection.execute("CREATE INDEX first ON plain (left(a, 2))")
            connection.execute(
                "CREATE TRIGGER noted AFTER UPDATE ON checked BEGIN DELETE FROM plain; "
                "INSERT INTO plain VALUES (tandem_left(new.a, 3)); END")
        exported = tmp_path / "exported.sqlite"
        done = run("export", exported, "--url", url(node))
    finally:
        node.kill()
    assert done.returncode == 0 and "is the database at" in done.stdout and "note" not in done.stdout
    named = [line.partition(" needs tandem_left(), ")[0] for line in done.stderr.splitlines()]
    assert named == [
        "tandem: note: index first on plain", "tandem: note: table checked", "tandem: note: trigger noted on checked",
        "tandem: note: view initials"]
    connection = sqlite3.connect(exported)
    assert connection.execute("SELECT * FROM fine").fetchall() == []
    for sql in ("SELECT * FROM initials", "INSERT INTO checked VALUES ('a')", "INSERT INTO plain VALUES ('a')"):
        with pytest.raises(sqlite3.OperationalError, match="tandem_left"):
            connection.execute(sql)
    connection.close()
