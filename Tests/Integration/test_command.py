"""The command line as a person meets it."""

import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess

import pytest

from commands import run
from conftest import Node, free_port, wait_until


def test_help_names_every_command():
    text = run("--help").stdout
    for command in ("primary", "replica", "up", "status", "user", "log", "promote", "switch-over", "member", "backup"):
        assert re.search(rf"^  {command}\s", text, re.MULTILINE), command


def test_help_of_the_log_tells_how_it_is_printed_and_verified():
    text = run("log", "--help").stdout
    for words in ("tandem log [--from <from>] [--to <to>] [--json] <directory>", "tandem log --verify [--json]", "  prune "):
        assert words in text, words
    for words in ("data directory", "the first bad file and offset", "while the node runs"):
        assert words in " ".join(text.split()), words


@pytest.mark.parametrize("name", ["config", "resync"])
def test_what_the_command_line_alone_says_is_refused_elsewhere(tmp_path, name):
    assert f"--{name}" in run("--help").stdout
    replica = ["replica", "--primary", "127.0.0.1:1", "--data", str(tmp_path / "data")]
    variable = f"TANDEM_{name.upper()}"
    result = run(*replica, env={**os.environ, variable: "true"})
    assert result.returncode == 64 and f"{variable} would do nothing: say --{name} on the command line" in result.stderr
    file = tmp_path / "tandem.yaml"
    file.write_text(f"{name}: true\n")
    result = run(*replica, "--config", str(file))
    assert result.returncode == 64 and f"{file}: the key '{name}' would do nothing" in result.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("arguments, usage", [
    (["user", "add", "clerk", "--role", "king"], "tandem user add"), (["status", "--url", "no:where:"], "tandem status")])
def test_what_a_command_finds_wrong_when_it_runs_is_told_with_its_own_usage(arguments, usage):
    result = run(*arguments, stdin=subprocess.DEVNULL)
    assert result.returncode == 64 and result.stdout == ""
    error, shown, help = result.stderr.splitlines()
    assert error.startswith("Error: --") and re.match(rf"Usage: {usage} [<\[]", shown) and help.startswith(f"  See '{usage} --help'")


def test_a_port_in_use_is_one_clear_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("primary", "--data", str(tmp_path / "data"), "--listen", f"127.0.0.1:{port}")
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if "in use" in line]
    assert len(lines) == 1 and str(port) in lines[0]


def test_a_locked_data_directory_is_one_clear_line(pair):
    result = run("primary", "--data", str(pair.primary.data), "--listen", "127.0.0.1:0")
    assert result.returncode != 0
    assert len([line for line in result.stderr.splitlines() if "another node" in line]) == 1


def test_listening_beyond_loopback_needs_to_be_said(tmp_path):
    result = run("primary", "--data", str(tmp_path / "data"), "--listen", "0.0.0.0:0")
    assert result.returncode != 0 and "--insecure" in result.stderr


def test_settings_come_from_file_environment_and_command_line(tmp_path):
    file = tmp_path / "tandem.yaml"
    file.write_text(f"data: {tmp_path}/data\nlisten: 127.0.0.1:1\nacknowledgements: nonsense\n")
    result = run("primary", "--config", str(file))
    assert result.returncode != 0 and "acknowledgements" in result.stderr
    result = run("primary", "--config", str(file), "--acknowledgements", "0", env={"TANDEM_LISTEN": "0.0.0.0:0"})
    assert result.returncode != 0 and "--insecure" in result.stderr


def test_the_configuration_file_that_the_documents_show_is_taken(tmp_path):
    text = (pathlib.Path(__file__).parents[2] / "docs/OPERATIONS.md").read_text()
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1)
    file = tmp_path / "tandem.yaml"
    file.write_text(example.replace("/var/lib/tandem", f"{tmp_path}/data"))
    # Every setting is read before the address is looked at.
    result = run("primary", "--config", str(file), "--listen", "0.0.0.0:0")
    assert result.returncode != 0 and "--insecure" in result.stderr
    file.write_text(example.replace("degrade:10s", "degrade"))
    assert "onMissingReplicas" in run("primary", "--config", str(file), "--listen", "0.0.0.0:0").stderr


def test_status_tells_of_every_node_for_people_and_programs(pair):
    url = f"postgresql://127.0.0.1:{pair.primary.port}"
    text = run("status", "--url", url)
    assert text.returncode == 0 and "primary" in text.stdout and "replica" in text.stdout
    nodes = json.loads(run("status", "--url", url, "--json").stdout)["nodes"]
    assert [node["role"] for node in nodes] == ["primary", "replica"]
    assert nodes[0]["commit_index"] == nodes[1]["commit_index"] > 0
    assert nodes[0]["group"] == nodes[1]["group"]
    nobody = run("status", "--url", "postgresql://127.0.0.1:1")
    assert nobody.returncode != 0 and len(nobody.stderr.strip().splitlines()) == 1


def test_the_log_can_be_read_and_verified(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)")
        connection.execute("INSERT INTO book (title) VALUES ('Emma')")
        connection.execute("UPDATE book SET title = 'Persuasion' WHERE id = 1")
        connection.execute("DELETE FROM book")
    pair.wait_level()
    pair.stop()
    log = str(pair.replica.data / "log")
    text = run("log", log).stdout
    for word in ("CREATE TABLE book", "Emma", "Persuasion", "epoch", "book"):
        assert word in text
    lines = [json.loads(line) for line in run("log", log, "--json").stdout.splitlines()]
    assert [line["index"] for line in lines] == list(range(1, len(lines) + 1))
    update = next(change for line in lines for change in line.get("changes", []) if change["kind"] == "update")
    assert update["old"]["title"] == "Emma" and update["new"]["title"] == "Persuasion"
    assert run("log", log, "--verify").returncode == 0
    sound = json.loads(run("log", log, "--verify", "--json").stdout)
    assert sound["sound"] is True and sound["last_index"] == len(lines) and sound["damage"] is None

    damaged = shutil.copytree(pair.replica.data / "log", pair.replica.folder / "damaged")
    segment = sorted(damaged.glob("*.tandemlog"))[0]
    content = bytearray(segment.read_bytes())
    content[content.index(b"Emma")] ^= 1
    segment.write_bytes(content)
    result = run("log", str(damaged), "--verify")
    assert result.returncode != 0 and "offset" in result.stderr + result.stdout
    result = run("log", str(damaged), "--verify", "--json")
    verdict = json.loads(result.stdout)
    assert result.returncode != 0 and verdict["sound"] is False
    assert verdict["damage"]["file"].endswith(segment.name) and 0 < verdict["damage"]["offset"] < content.index(b"Persuasion")


def test_a_damaged_log_refuses_to_start_and_names_the_place(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (title TEXT)")
        connection.execute("INSERT INTO book VALUES ('Emma')")
        connection.execute("INSERT INTO book VALUES ('Persuasion')")
    pair.wait_level()
    pair.stop()
    segment = sorted((pair.primary.data / "log").glob("*.tandemlog"))[0]
    content = bytearray(segment.read_bytes())
    content[content.index(b"Emma")] ^= 1
    segment.write_bytes(content)
    result = run(*pair.primary.command()[1:])
    assert result.returncode != 0
    assert segment.name in result.stderr and "offset" in result.stderr


def test_up_ends_with_one_clear_line_where_a_port_is_in_use(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run(
            "up", "--data", str(tmp_path / "data"), "--primary-port", str(free_port()), "--replica-port",
            str(taken.getsockname()[1]))
    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1 and "in use" in result.stderr


@pytest.mark.parametrize("command", ["primary", "up"])
def test_a_directory_that_may_not_be_made_is_one_clear_line(command):
    # Nobody may make one there, not even root.
    result = run(command, "--data", "/sys/tandem/data")
    assert result.returncode != 0 and result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert re.match(
        r"tandem: cannot make the .*/sys/tandem.*: (Operation not permitted|Permission denied|Read-only file system)$",
        result.stderr)


def test_a_node_that_is_terminated_while_it_starts_stops_cleanly(tmp_path):
    node = Node(tmp_path, "primary").start()
    wait_until(lambda: (node.data / "LOCK").exists(), what="it has begun to start")
    assert node.stop() == 0


def test_a_terminated_node_stops_cleanly(pair):
    assert pair.replica.stop() == 0
    assert pair.primary.stop() == 0


@pytest.mark.parametrize("key, nearest", [
    ("acknowledgments", "acknowledgements"), ("on-missing-replica", "onMissingReplicas"), ("commit_timeout", "commitTimeout"),
    ("colour", "known are"),
])
def test_an_unknown_key_of_the_configuration_file_is_named_with_the_nearest(tmp_path, key, nearest):
    file = tmp_path / "tandem.yaml"
    file.write_text(f"data: {tmp_path}/data\n{key}: 1\n")
    result = run("primary", "--config", str(file))
    assert result.returncode != 0
    assert f"'{key}'" in result.stderr and str(file) in result.stderr and nearest in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_misspelt_environment_variable_is_named_with_the_nearest(tmp_path):
    result = run(
        "primary", "--data", str(tmp_path / "data"), env={**os.environ, "TANDEM_ACKNOWLEDGMENTS": "0"})
    assert result.returncode != 0
    assert "TANDEM_ACKNOWLEDGMENTS is not known" in result.stderr and "TANDEM_ACKNOWLEDGEMENTS" in result.stderr


def test_a_setting_is_called_as_it_was_said(tmp_path):
    data = ["--data", str(tmp_path / "data")]
    result = run("primary", *data, "--on-missing-replicas", "never")
    assert "--on-missing-replicas: 'never' is not wait or degrade:TIME" in result.stderr
    result = run("primary", *data, env={**os.environ, "TANDEM_ON_MISSING_REPLICAS": "never"})
    assert "TANDEM_ON_MISSING_REPLICAS: 'never'" in result.stderr
    file = tmp_path / "tandem.yaml"
    file.write_text("onMissingReplicas: never\n")
    result = run("primary", *data, "--config", str(file))
    assert f"onMissingReplicas in {file}: 'never'" in result.stderr


@pytest.mark.parametrize("option, text", [
    ("--commit-timeout", "3000000h"), ("--delay", "2600000h"), ("--on-missing-replicas", "degrade:277778h"),
    ("--lock-timeout", "1000000000"), ("--lock-timeout", "1e400"), ("--lock-timeout", "1" + 400 * "0"),
    ("--lock-timeout", "0"), ("--login-timeout", "0s"), ("--slow-reader-timeout", "0ms"), ("--replication-timeout", "99ms"),
    ("--busy-poll", "2ms"), ("--busy-poll", "often"),
])
def test_a_time_without_end_or_of_nothing_is_refused_like_what_is_no_time(tmp_path, option, text):
    primary = [] if option != "--delay" else ["--primary", "127.0.0.1:1"]
    result = run("replica" if primary else "primary", "--data", str(tmp_path / "data"), *primary, option, text)
    assert result.returncode == 64 and f"{option}: '{text}' is not" in result.stderr


def test_a_time_of_many_years_is_taken(tmp_path):
    years = ["--commit-timeout", "277777h", "--lock-timeout", "999999999", "--idle-in-transaction-timeout", "16000000min"]
    result = run("primary", "--data", str(tmp_path / "data"), "--listen", "0.0.0.0:0", *years)
    assert result.returncode != 0 and "--insecure" in result.stderr


def test_a_time_of_zero_is_no_bound_as_in_sql(make_pair):
    off = ["--statement-timeout", "0", "--idle-session-timeout", "0"]
    primary = make_pair(replicas=0, acknowledgements="0", primary_options=off).start().primary
    with primary.connect() as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
        assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] >= 0


@pytest.mark.parametrize("text", ["- a\n", "data: [1, 2]\n", "a: b: c\n", None])
def test_a_file_that_is_no_configuration_is_one_clear_error(tmp_path, text):
    file = tmp_path / "tandem.yaml"
    if text is not None:
        file.write_text(text)
    result = run("primary", "--config", str(file))
    assert result.returncode != 0 and str(file) in result.stderr


@pytest.mark.parametrize("listen, words", [
    ("nonsense", "the host 'nonsense' is not known here"), ("127.0.0.1:port", "--listen: '127.0.0.1:port' is not HOST:PORT"),
    ("192.0.2.1:7432", "--insecure"), ("7855", "--listen: '7855' is not HOST:PORT"),
])
def test_an_address_that_cannot_be_listened_on_is_one_clear_line(tmp_path, listen, words):
    result = run("primary", "--data", str(tmp_path / "data"), "--listen", listen)
    assert result.returncode != 0 and words in result.stderr
    assert "NIO" not in result.stderr and "SocketAddress" not in result.stderr


def test_an_address_of_another_machine_is_refused_in_the_systems_words(tmp_path):
    result = run("primary", "--data", str(tmp_path / "data"), "--listen", "192.0.2.1:7432", "--insecure")
    assert result.returncode != 0
    assert "Cannot assign requested address" in result.stderr and "errno" not in result.stderr


def test_status_of_nobody_says_why_in_the_systems_words():
    result = run("status", "--url", f"127.0.0.1:{free_port()}")
    assert "Connection refused" in result.stderr and "NIO" not in result.stderr and "errno" not in result.stderr


@pytest.mark.parametrize("options", [(), ("--verify",)])
def test_what_is_no_log_is_not_called_a_damaged_one(options):
    result = run("log", "/etc/passwd", *options)
    assert result.returncode != 0 and "/etc/passwd" in result.stderr
    assert "damaged" not in result.stderr and "Check the disk" not in result.stderr


def test_the_log_names_each_records_epoch_wherever_it_is_begun(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("INSERT INTO t VALUES (1)")
    lines = [json.loads(line) for line in run("log", str(pair.primary.data), "--json").stdout.splitlines()]
    for line in lines:
        assert "@" in line["epoch"]
        from_here = run("log", str(pair.primary.data), "--json", "--from", str(line["index"])).stdout.splitlines()
        assert json.loads(from_here[0]) == line


def test_a_log_that_was_closed_cleanly_is_not_recovered(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    for _ in range(2):
        pair.stop()
        pair.start()
    for node in pair.nodes:
        assert "recovered" not in node.text() and "never flushed" not in node.text()


def test_the_log_is_printed_up_to_its_end_wherever_that_is(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (title TEXT)")
        for title in ("Emma", "Persuasion"):
            connection.execute("INSERT INTO book VALUES (%s)", [title])
    pair.kill()
    log = pair.primary.data / "log"
    segment = sorted(log.glob("*.tandemlog"))[0]

    def printed(*arguments):
        result = run("log", *map(str, arguments), "--json")
        assert result.returncode == 0, result.stderr
        return [json.loads(line)["index"] for line in result.stdout.splitlines()], result.stderr

    everything = list(range(1, len(printed(log)[0]) + 1))
    last = everything[-1]
    assert last >= 4
    for place in (log, segment):
        for to in (last, last + 1, last + 1000):
            assert printed(place, "--to", to) == (everything, "")
        assert printed(place, "--to", 2) == ([1, 2], "")
        assert printed(place, "--from", 2, "--to", last - 1) == (everything[1:-1], "")

    # A record that a crash has torn is no damage: nothing behind it proves that it was ever whole.
    content = bytearray(segment.read_bytes())
    end = len(content.rstrip(b"\0")) - 1
    content[end] ^= 0x55
    segment.write_bytes(content)
    for place in (log, segment):
        for to in ([], ["--to", last], ["--to", last + 1000]):
            records, said = printed(place, *to)
            assert records == everything[:-1]
            assert f"behind record {last - 1}" in said and segment.name in said and len(said.splitlines()) == 1
        assert printed(place, "--to", last - 1) == (everything[:-1], "")
    # An earlier one is proved by the mark behind it.
    content[content.index(b"Emma")] ^= 1
    segment.write_bytes(content)
    for place in (log, segment):
        result = run("log", str(place), "--to", str(last))
        assert result.returncode != 0 and "damaged" in result.stderr and segment.name in result.stderr


def test_the_way_out_of_a_damaged_log_depends_on_the_role(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (title TEXT)")
        connection.execute("INSERT INTO book VALUES ('Emma')")
        connection.execute("INSERT INTO book VALUES ('Persuasion')")
    pair.wait_level()
    pair.stop()
    errors = []
    for node in pair.nodes:
        segment = sorted((node.data / "log").glob("*.tandemlog"))[0]
        content = bytearray(segment.read_bytes())
        content[content.index(b"Emma")] ^= 1
        segment.write_bytes(content)
        errors.append(run(*node.command()[1:]).stderr)
    primary, replica = errors
    assert "Do not start a primary with an empty data directory" in primary and "away" not in primary
    assert "promote one ('tandem promote')" in primary
    assert "move the data directory away and start this replica anew" in replica


def test_a_damaged_database_is_made_anew_from_the_log_as_advised(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (title TEXT)")
        connection.execute("INSERT INTO book VALUES ('Emma')")
    pair.wait_level()
    pair.stop()
    for node in pair.nodes:
        (node.data / "tandem.sqlite").write_bytes(b"no database" * 1000)
        error = run(*node.command()[1:]).stderr
        assert "move tandem.sqlite, tandem.sqlite-wal and tandem.sqlite-shm out" in error
        for file in node.data.glob("tandem.sqlite*"):
            file.unlink()
    pair.start()
    pair.wait_level()
    for node in pair.nodes:
        assert node.query("SELECT title FROM book") == [("Emma",)]
    pair.assert_identical()


def test_a_database_that_cannot_be_opened_is_not_called_damaged(pair):
    pair.stop()
    file = pair.replica.data / "tandem.sqlite"
    content = file.read_bytes()

    def refusal():
        result = run(*pair.replica.command()[1:])
        lines = [line for line in result.stderr.splitlines() if "cannot open the database" in line]
        assert result.returncode != 0 and len(lines) == 1 and "anew" not in lines[0] and ".." not in lines[0]
        return lines[0]

    file.unlink()
    file.mkdir()
    assert "read and write the file" in refusal()
    file.rmdir()
    with sqlite3.connect(file) as other:
        other.executescript("PRAGMA encoding = 'UTF-16'; CREATE TABLE t (a)")
    other.close()
    line = refusal()
    assert "not in UTF-8" in line and "put that back" in line
    file.write_bytes(content)
    pair.start()


@pytest.mark.parametrize("command", ["primary", "replica"])
def test_help_tells_units_bounds_and_environment_variables(command):
    text = " ".join(run(command, "--help").stdout.split())
    for words in ("500ms, 10s, 2min, 1h", "TANDEM_COMMIT_TIMEOUT", "degrade:10s", "65536 to 2^32"):
        assert words in text, words
    assert "end-with-input" not in text
