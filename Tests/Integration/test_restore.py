"""Any moment is restored from a backup and an archived log, exactly."""

import datetime
import random
import shutil
import sqlite3
import time

import pytest

from archives import SMALL, contents, last_index, wait_archived
from commands import tandem, url
from conftest import Node, Pair, wait_until


class History:
    """A primary that has archived its log, its backups, and what it showed behind each transaction."""

    def __init__(self, folder):
        self.folder = folder
        self.archive = folder / "archive"
        self.node = Node(
            folder / "primary", "primary", options=["--acknowledgements", "0", "--archive", str(self.archive), *SMALL])
        self.node.start().wait_ready()
        self.shown = {}
        self.times = {}
        with self.node.connect() as connection:
            self.connection = connection
            self.write()
        wait_archived(self.node)
        self.node.stop()
        self.final = contents(self.node.data / "tandem.sqlite")

    def write(self):
        seeded = random.Random(20)
        self.run("CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT, size INTEGER)")
        self.run("CREATE TABLE pair (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID")
        self.run("CREATE VIRTUAL TABLE words USING fts5(text)")
        for number in range(60):
            if number == 10:
                self.file = self.folder / "backup.sqlite"
                tandem("backup", self.file, "--url", url(self.node))
                self.at_file = self.position()
            if number == 20:
                tandem("backup", f"{self.folder}/backup/", "--url", url(self.node))
                self.directory = self.folder / "backup"
                self.at_directory = self.position()
            if number == 30:
                self.run("ALTER TABLE entry ADD COLUMN more TEXT DEFAULT 'none'")
            kind = seeded.randrange(5)
            if kind < 2:
                self.run("INSERT INTO entry (text, size) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                         "WHERE i < 20) SELECT hex(randomblob(200)), i FROM n")
            elif kind == 2:
                self.run("UPDATE entry SET size = size + 1, text = substr(text, 2) WHERE id % 7 = 1")
            elif kind == 3:
                self.run(f"INSERT OR IGNORE INTO pair VALUES ('a', {number}), ('b', {number})")
            else:
                self.run(f"INSERT INTO words VALUES ('number {number}')")
        self.run("DELETE FROM entry WHERE id % 3 = 0")

    def run(self, sql):
        before = time.time()
        self.connection.execute(sql)
        index = self.position()
        tables = ["entry", "pair", "words"]
        known = [name for (name,) in self.connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall() if name in tables]
        self.shown[index] = {
            name: sorted(map(repr, self.connection.execute(f"SELECT * FROM {name}").fetchall())) for name in known}
        self.times[index] = (before, time.time())

    def position(self):
        return last_index(self.node)

    def restore(self, name, *more, backup=None, code=0):
        """Restores into a new folder; the folder and what was said."""
        data = self.folder / name
        text = tandem("restore", "--backup", backup or self.file, "--archive", self.archive, "--data", data, *more, code=code)
        return data, text


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    folder = tmp_path_factory.mktemp("restore")
    history = History(folder)
    yield history
    history.node.kill()
    shutil.rmtree(folder)


def rows(data):
    """What a restored database shows, as the node's clients saw it."""
    connection = sqlite3.connect(f"file:{data}/tandem.sqlite?mode=ro&immutable=1", uri=True)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    result = {
        name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}").fetchall()))
        for name in ("entry", "pair", "words") if name in names}
    connection.close()
    return result


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")


def test_every_index_asked_for_is_what_was_shown_at_it(history):
    indexes = sorted(history.shown)
    behind_file = [index for index in indexes if index >= history.at_file]
    for place in (0, 1, len(behind_file) // 3, len(behind_file) // 2, len(behind_file) - 2):
        index = behind_file[place]
        data, text = history.restore(f"index-{index}", "--to-index", index)
        assert f"is restored up to record {index}, committed at " in text
        assert rows(data) == history.shown[index]
    # The last record of all is restored without asking, from either kind of backup.
    for name, backup in (("all", history.file), ("all-2", history.directory)):
        data, text = history.restore(name, backup=backup)
        assert contents(data / "tandem.sqlite") == history.final


def test_every_time_asked_for_is_what_was_shown_then(history):
    indexes = [index for index in sorted(history.shown) if index >= history.at_directory]
    for index in (indexes[0], indexes[len(indexes) // 2], indexes[-2]):
        data, text = history.restore(
            f"time-{index}", "--to-time", moment(history.times[index][1]), backup=history.directory)
        assert f"up to record {index}, committed at " in text
        assert rows(data) == history.shown[index]
    index = indexes[3]
    local = datetime.datetime.fromtimestamp(
        history.times[index][1], datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
    _, text = history.restore("time-zone", "--to-time", local.isoformat())
    assert f"up to record {index}," in text
    _, text = history.restore("time-late", "--to-time", moment(time.time() + 3600))
    assert "note: The archive ends before the time asked for" in text


def test_what_cannot_be_restored_is_said_and_nothing_is_left(history):
    early = [index for index in history.shown if index < history.at_file][0]
    data, text = history.restore("early", "--to-index", early, code=1)
    assert "lies before the backup" in text and not data.exists()
    data.mkdir()
    _, text = history.restore("early", "--to-time", moment(history.times[early][0]), code=1)
    assert "the time asked for lies before the backup" in text
    assert list(data.iterdir()) == [], "what was there stays"
    _, text = history.restore("early", "--to-index", max(history.shown) + 1, code=1)
    assert f"record {max(history.shown) + 1} is not archived: the archive ends with record {max(history.shown)}" in text
    _, text = history.restore("early", "--to-time", "yesterday", code=64)
    assert "'yesterday' is not a time" in text
    full = history.folder / "full"
    full.mkdir()
    (full / "something").write_text("of somebody's")
    _, text = history.restore("full", code=1)
    assert "is not empty" in text and [path.name for path in full.iterdir()] == ["something"]
    assert "there is no backup at" in history.restore("none", backup=history.folder / "nowhere", code=1)[1]
    assert "no backup of a node" in history.restore("none", backup=plain(history), code=1)[1]
    assert not (history.folder / "none").exists()


def plain(history):
    path = history.folder / "plain.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE IF NOT EXISTS t(a)")
    connection.close()
    return path


def test_a_dry_run_reads_everything_and_makes_nothing(history):
    data, text = history.restore("dry", "--dry-run")
    assert f"would be restored up to record {max(history.shown)}, committed at " in text
    assert not data.exists()
    before = sorted(path.name for path in history.folder.iterdir())
    tandem("restore", "--backup", history.file, "--archive", history.archive, "--dry-run")
    assert sorted(path.name for path in history.folder.iterdir()) == before


def test_a_damaged_file_and_a_missing_one_are_named(history):
    copy = history.folder / "damaged"
    shutil.copytree(history.archive, copy)
    files = sorted(copy.iterdir())
    assert f"files    {len(files)}" in tandem("archive", "list", copy, "--verify")
    broken = max(files[len(files) // 2:-1], key=lambda path: path.stat().st_size)
    with open(broken, "r+b") as file:
        file.seek(700)
        byte = file.read(1)
        file.seek(700)
        file.write(bytes([byte[0] ^ 0x40]))
    _, text = history.restore("damaged-data", "--archive", copy, code=1)
    assert str(broken) in text and "offset" in text and "is damaged behind record" in text
    assert str(broken) in tandem("archive", "list", copy, "--verify", code=1)
    with open(broken, "r+b") as file:
        file.truncate(700)
    _, text = history.restore("damaged-data", "--archive", copy, code=1)
    assert str(broken) in text and "offset" in text
    first, last = (int(part, 16) for part in broken.name.split("-")[:2])
    broken.unlink()
    _, text = history.restore("damaged-data", "--archive", copy, code=1)
    assert f"The archive has a gap: it does not hold records {first} to {last}." in text
    assert f"GAP    records {first} to {last} are missing" in tandem("archive", "list", copy, code=1)
    # What lies before the gap can be restored all the same.
    data, _ = history.restore("damaged-data", "--archive", copy, "--to-index", first - 1)
    assert rows(data) == history.shown[first - 1]
    database = history.folder / "copy"
    shutil.copytree(history.directory, database)
    with open(database / "database.sqlite", "r+b") as file:
        file.seek(5000)
        file.write(b"?")
    assert "its checksum is not what it was" in history.restore("damaged-2", backup=database, code=1)[1]


def test_an_archive_with_a_damaged_header_is_listed_without_that_file(history):
    copy = history.folder / "headless"
    shutil.copytree(history.archive, copy)
    files = sorted(copy.iterdir())
    broken = files[len(files) // 2]
    with open(broken, "r+b") as file:
        file.write(b"?")
    first, last = (int(part, 16) for part in broken.name.split("-")[:2])
    for options in ([], ["--verify"]):
        text = tandem("archive", "list", copy, *options, code=1)
        assert f"files    {len(files) - 1}" in text and "holds  records 1 to " in text
        (line,) = [line for line in text.splitlines() if "LEFT OUT" in line]
        assert str(broken) in line
        assert f"GAP    records {first} to {last} are missing" in text
        assert "every checksum" not in text
    for file in files:
        if file != broken:
            file.unlink()
    text = tandem("archive", "list", copy, code=1)
    assert "files    0" in text and str(broken) in text


def test_a_file_of_an_archive_is_printed_with_its_tables_whatever_else_is_damaged(tmp_path):
    archive = tmp_path / "archive"
    node = Node(
        tmp_path / "node", "primary",
        options=["--acknowledgements", "0", "--archive", str(archive), "--archive-timeout", "100ms"])
    try:
        node.start().wait_ready()
        with node.connect() as connection:
            connection.execute("CREATE TABLE entry (name TEXT)")
            for name in ("one", "two", "three", "four"):
                connection.execute("INSERT INTO entry VALUES (%s)", (name,))
                wait_archived(node)
        node.stop()
    finally:
        node.kill()
    *before, file, behind = sorted(archive.iterdir())
    whole = tandem("log", file)
    assert "INSERT entry" in whole and "three" in whole and "four" not in whole

    def behead(path):
        with open(path, "r+b") as opened:
            opened.write(b"?")

    behead(behind)
    assert tandem("log", file) == whole, "what is damaged behind it is nothing to it"
    for path in before:
        behead(path)
    text = tandem("log", file, code=1)
    assert "the definitions of tables before this file cannot be read" in text and str(before[0]) in text
    assert "a change names a table that was not defined before it" in text


def test_a_schema_that_calls_postgresqls_functions_is_restored_exported_and_imported(tmp_path):
    archive = tmp_path / "archive"
    node = Node(tmp_path / "node", "primary", options=["--acknowledgements", "0", "--archive", str(archive), *SMALL])
    query = "SELECT a, b FROM g WHERE left(a, 2) = 'Em' ORDER BY a"
    try:
        node.start().wait_ready()
        with node.connect() as connection:
            connection.execute("CREATE TABLE g (a TEXT, b TEXT GENERATED ALWAYS AS (left(a, 3)) STORED)")
            connection.execute("CREATE INDEX begin ON g (left(a, 2))")
            connection.execute("INSERT INTO g (a) VALUES ('Emma')")
            tandem("backup", f"{tmp_path}/backup/", "--url", url(node))
            connection.execute("INSERT INTO g (a) VALUES ('Emily'), ('Sanditon')")
            connection.execute("DELETE FROM g WHERE a = 'Sanditon'")
        wait_archived(node)
        node.kill()  # An export completes the copy from the log.
        exported = tmp_path / "exported.sqlite"
        tandem("export", exported, "--data", node.data)
        backup = ["restore", "--backup", tmp_path / "backup"]
        tandem(*backup, "--archive", archive, "--data", tmp_path / "whole" / "data")
        tandem(*backup, "--data", tmp_path / "backed" / "data")
        assert "note:" not in tandem("import", exported, "--data", tmp_path / "imported" / "data")
        both = [("Emily", "Emi"), ("Emma", "Emm")]
        for name, expected in (("whole", both), ("backed", both[1:]), ("imported", both)):
            other = Node(tmp_path / name, "primary", options=["--acknowledgements", "0"])
            try:
                other.start().wait_ready()
                assert other.query(query) == expected
            finally:
                other.kill()
    finally:
        node.kill()


def test_a_restored_directory_is_a_new_group_that_the_old_one_does_not_follow(history, tmp_path):
    index = sorted(history.shown)[-10]
    data, text = history.restore("again", "--to-index", index)
    primary = Node(tmp_path / "primary", "primary", options=["--archive", str(tmp_path / "archive"), *SMALL])
    primary.folder.mkdir(exist_ok=True)
    data.rename(primary.data)
    replica = Node(tmp_path / "replica", "replica", primary)
    old = Node(tmp_path / "old", "primary")
    shutil.copytree(history.node.data, old.data)
    try:
        primary.start()
        replica.start()
        primary.wait_ready()
        replica.wait_ready()
        with primary.connect() as connection:
            connection.execute("INSERT INTO entry (text) VALUES ('written after the restore')")
        pair = Pair.__new__(Pair)
        pair.primary, pair.replicas = primary, [replica]
        replica.stop()
        old.start().wait_listening()
        replica.primary = old
        replica.start()
        # It says so once, and goes on to the members that it knows.
        wait_until(lambda: "belongs to another group" in replica.text(), what="the old group is refused")
        replica.stop()
        old.kill()
        replica.primary = primary
        replica.start().wait_ready()
        # The new group's archive begins where the restored database ended: a backup and it are enough.
        backup = tmp_path / "backup.sqlite"
        tandem("backup", backup, "--url", url(replica))
        with primary.connect() as connection:
            connection.execute("INSERT INTO entry (text) VALUES ('the last')")
        wait_archived(primary)
        pair.assert_identical()
        tandem("restore", "--backup", backup, "--archive", tmp_path / "archive", "--data", tmp_path / "twice")
        assert contents(tmp_path / "twice" / "tandem.sqlite") == contents(primary.data / "tandem.sqlite")
        # The old group's archive is refused.
        primary.options[1] = str(history.archive)
        primary.start()
        wait_until(lambda: "of another group" in (primary.status()["archive_problem"] or ""), what="it is refused")
    finally:
        for node in (primary, replica, old):
            node.kill()
