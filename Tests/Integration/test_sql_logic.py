"""A corpus of SQL over the wire: its answers are those of SQLite's own shell on the file of the node."""

import itertools
import pathlib
import re
import sqlite3
import subprocess
import tempfile

import pytest

CORPUS = sorted((pathlib.Path(__file__).parent / "sql").glob("*.sql"))


def statements(path):
    """The statements of a file; comments and empty lines go with the one behind them."""
    pending = ""
    for line in path.read_text().splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            if pending.strip() != ";":
                yield pending.strip()
            pending = ""
    assert not pending.strip(), f"{path}: the last statement has no end"


def is_of_the_file(text):
    """Whether a statement only reads, and is answered by the file: the shell can be asked it while the node runs.

    What writes, with RETURNING or without, the shell may not run on the node's file; and `changes()` and
    `last_insert_rowid()` are the session's own.
    """
    text = re.sub("(?m)^--.*\n", "", text)
    return bool(re.match("(?i)(select|values|with)\\b", text)) and not re.search(
        "(?i)\\b(insert|update|delete|changes|total_changes|last_insert_rowid)\\b", text)


def wire_answers(connection, texts):
    """Each statement's rows as the protocol's text, or that it failed."""
    answers = []
    for text in texts:
        result = connection.pgconn.exec_(text.encode())
        if result.error_message and result.status not in (1, 2):
            answers.append("failed")
            continue
        answers.append([
            tuple(result.get_value(row, column) for column in range(result.nfields)) for row in range(result.ntuples)])
    return answers


def shell_answers(folder, texts, database, *options):
    """The same of SQLite's shell, one statement after the other on one file; how many have failed, and its words."""
    answers = []
    script = [".bail off", ".mode ascii", ".nullvalue \x02", "PRAGMA foreign_keys = ON;", "PRAGMA recursive_triggers = OFF;", ".dbconfig dqs_dml off"]
    with tempfile.TemporaryDirectory(dir=folder) as outputs:
        for number, text in enumerate(texts):
            script += [f".output {outputs}/{number}.out", text]
        done = subprocess.run(
            ["sqlite3", "-batch", *options, str(database)], input="\n".join(script) + "\n", capture_output=True,
            text=True, timeout=60)
        for number in range(len(texts)):
            content = pathlib.Path(outputs, f"{number}.out").read_bytes().rstrip(b"\n")
            answers.append([
                tuple(None if value == b"\x02" else value for value in row.split(b"\x1f"))
                for row in content.split(b"\x1e") if row])
    return answers, len(re.findall("^(?:Parse|Runtime) error", done.stderr, re.M)), done.stderr


def answers_of_the_nodes_file(node, folder, texts):
    """Those of the shell on the file that the node has open; it may only read it."""
    return shell_answers(folder, texts, node.data / "tandem.sqlite", "-readonly")


def same(one, other):
    """Whether two values are one: numbers by what they are, since the protocol and the shell write them each in their way."""
    if one == other or one is None or other is None:
        return one == other
    if one in (b"t", b"f"):
        one = b"1" if one == b"t" else b"0"
    if one.startswith(b"\\x"):
        one = bytes.fromhex(one[2:].decode())
    try:
        return float(one) == float(other) or abs(float(one) - float(other)) <= 1e-9 * max(1, abs(float(other)))
    except ValueError:
        return one == other


def assert_same(texts, answered, expected):
    """That the wire has answered as the shell has: the same rows, and the same statements have failed."""
    rows, failures, stderr = expected
    assert answered.count("failed") == failures, stderr
    for text, one, other in zip(texts, answered, rows, strict=True):
        if one == "failed":
            assert other == [], text
            continue
        assert len(one) == len(other) and all(
            len(a) == len(b) and all(map(same, a, b)) for a, b in zip(one, other)), f"{text}\n{one}\n{other}"


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_answers_are_those_of_sqlites_shell(pair, tmp_path, path):
    """Queries are compared with the shell on the node's own file, as it is at that moment, on the replica's at the end.

    What a statement that writes answers, and the session's own functions, can only be compared on a second file; there
    all statements are run, so that the writes themselves have to do what they do to SQLite.
    """
    texts = list(statements(path))
    answered, compared = [], []
    with pair.primary.connect() as connection:
        for is_query, group in itertools.groupby(texts, is_of_the_file):
            group = list(group)
            answers = wire_answers(connection, group)
            answered += answers
            if is_query:
                assert_same(group, answers, answers_of_the_nodes_file(pair.primary, tmp_path, group))
                compared += group
        assert len(compared) >= 8, "most of a corpus are queries"
        assert_same(texts, answered, shell_answers(tmp_path, texts, tmp_path / "shell.sqlite"))
        pair.wait_level()
        with pair.replica.connect() as replica:
            answers = wire_answers(replica, compared)
            assert answers == wire_answers(connection, compared)
        assert_same(compared, answers, answers_of_the_nodes_file(pair.replica, tmp_path, compared))
    pair.assert_identical()
