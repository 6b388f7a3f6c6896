"""What tests of archives, backups and restored data directories share."""

import sqlite3

from conftest import wait_until

# Files are cut often: at the end of small segments, and after a moment.
SMALL = ["--segment-size", "65536", "--archive-timeout", "100ms"]


def contents(path):
    """All that a database file says, but for Tandem's own tables and SQLite's statistics: settings, schema, and every row with its rowid."""
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    connection.text_factory = bytes
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [(b"ok",)]
        lines = [
            (pragma, connection.execute(f"PRAGMA {pragma}").fetchone())
            for pragma in ("user_version", "application_id", "encoding", "auto_vacuum", "page_size")]
        schema = connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema "
            "WHERE name NOT LIKE '\\_tandem%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_tandem%' ESCAPE '\\' "
            "AND name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY type, name").fetchall()
        lines += schema
        for kind, name, _, sql in schema:
            if kind != b"table" or (sql or b"").upper().startswith(b"CREATE VIRTUAL"):
                continue
            key = "" if b"WITHOUT ROWID" in (sql or b"").upper() else "rowid AS _key, "
            rows = connection.execute(f'SELECT {key}* FROM "{name.decode()}"').fetchall()
            lines.append((name, sorted(map(repr, rows))))
        return lines
    finally:
        connection.close()


def archived(node):
    return int(node.status()["archived_index"] or 0)


def last_index(node):
    return int(node.status()["last_index"])


def wait_archived(node, timeout=30):
    """Until everything that is committed is archived."""
    wait_until(lambda: archived(node) >= int(node.status()["commit_index"]), timeout, "the log is archived")
