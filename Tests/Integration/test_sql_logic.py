"""A corpus of SQL over the wire: its answers are those of SQLite's own shell on the same statements, and the replica's."""

import pathlib
import re
import sqlite3
import subprocess

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


def wire_answers(node, texts):
    """Each statement's rows as the protocol's text, or that it failed."""
    answers = []
    with node.connect() as connection:
        for text in texts:
            result = connection.pgconn.exec_(text.encode())
            if result.error_message and result.status not in (1, 2):
                answers.append("failed")
                continue
            answers.append([
                tuple(result.get_value(row, column) for column in range(result.nfields)) for row in range(result.ntuples)])
    return answers


def shell_answers(folder, texts):
    """The same of SQLite's shell, one statement after the other on one file."""
    answers = []
    script = [".bail off", ".mode ascii", ".nullvalue \x02", "PRAGMA foreign_keys = ON;", "PRAGMA recursive_triggers = OFF;", ".dbconfig dqs_dml off"]
    for number, text in enumerate(texts):
        script += [f".output {folder}/{number}.out", text]
    done = subprocess.run(
        ["sqlite3", "-batch", str(folder / "shell.sqlite")], input="\n".join(script) + "\n", capture_output=True, text=True, timeout=60)
    for number in range(len(texts)):
        content = (folder / f"{number}.out").read_bytes().rstrip(b"\n")
        answers.append([
            tuple(None if value == b"\x02" else value for value in row.split(b"\x1f")) for row in content.split(b"\x1e") if row])
    return answers, done.stderr


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


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_answers_are_those_of_sqlites_shell(pair, tmp_path, path):
    texts = list(statements(path))
    answered = wire_answers(pair.primary, texts)
    expected, stderr = shell_answers(tmp_path, texts)
    assert sum(answer == "failed" for answer in answered) == len(re.findall("^(?:Parse|Runtime) error", stderr, re.M)), stderr
    for text, one, other in zip(texts, answered, expected):
        if one == "failed":
            assert other == [], text
            continue
        assert len(one) == len(other) and all(
            len(a) == len(b) and all(map(same, a, b)) for a, b in zip(one, other)), f"{text}\n{one}\n{other}"
    pair.wait_level()
    reads = [text for text in texts if re.match("(?i)(select|values|with)\\b", text) and not re.search("(?i)\\b(insert|update|delete)\\b", text)]
    assert wire_answers(pair.replica, reads[-20:]) == wire_answers(pair.primary, reads[-20:])
    pair.assert_identical()
