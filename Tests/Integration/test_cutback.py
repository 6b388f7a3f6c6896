"""What was never committed is cut off when nodes meet again, kept aside, and said; what may have been committed is not."""

import json
import re

import psycopg
import pytest

from commands import run, tandem
from conftest import wait_until
from faults import FaultyDisk

PATIENCE = "SET tandem.commit_timeout = '300ms'"
# Longer than a page, so that it is lost with the pages that were not flushed.
LOST_TEXT = "a text that was never committed, " * 500


def make_table(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE entry (number INT, text TEXT)")
        connection.execute("INSERT INTO entry VALUES (0, 'before')")
    pair.wait_level()


def insert_in_doubt(node, number, text="a text that was never committed"):
    """The position of a commit that got no acknowledgement."""
    with node.connect() as connection:
        connection.execute(PATIENCE)
        with pytest.raises(psycopg.errors.StatementCompletionUnknown) as caught:
            connection.execute("INSERT INTO entry VALUES (%s, %s)", (number, text))
    return caught.value.diag.message_detail.split()[-1]


def numbers(node):
    return [number for (number,) in node.query("SELECT number FROM entry ORDER BY number")]


def outcome(node, position):
    return node.query("SELECT tandem_outcome(%s)", (position,))[0][0]


def kept(node):
    """The files with what was cut off."""
    return sorted((node.data / "divergent").glob("*.log"))


def assert_kept(node):
    """One file, with what was written; and the node's log said what was cut."""
    (file,) = kept(node)
    assert b"never committed" in file.read_bytes()
    assert str(file) in node.text() and "a tail of the log was cut off" in node.text()
    tandem("log", node.data, "--verify")


def test_a_suffix_the_replica_never_received_is_committed_by_the_primary_that_returns(pair):
    make_table(pair)
    pair.replica.kill()
    position = insert_in_doubt(pair.primary, 1)
    pair.primary.kill()
    pair.start()
    wait_until(lambda: outcome(pair.primary, position) == "committed", what="it is decided")
    assert numbers(pair.primary) == [0, 1]
    assert not kept(pair.primary) and not kept(pair.replica)
    pair.assert_identical()


def lose_a_record(pair, disk):
    """Leaves the first replica ahead by a record that its primary has lost: that one streams and flushes at the same time,
    and its power fails when the replica has flushed and itself has not. The primary is not running then."""
    ahead = pair.replica
    last = ahead.status()["last_index"]
    disk.fail_flushes()
    position = insert_in_doubt(pair.primary, 1, LOST_TEXT)
    wait_until(lambda: ahead.status()["flushed_index"] > last, what="the replica has it")
    assert numbers(ahead) == [0], "it is not committed"
    disk.mend()
    disk.cut_power()
    return position


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_replica_that_is_ahead_of_its_primary_cuts_what_the_primary_lost(make_pair, replicas):
    pair = make_pair(replicas=replicas)
    disk = FaultyDisk(pair.primary)
    pair.start()
    make_table(pair)
    behind = pair.replicas[1:]
    for node in behind:
        node.kill()
    position = lose_a_record(pair, disk)
    for node in [pair.primary, *behind]:
        node.start()
    pair.wait_ready()
    with pair.primary.connect() as connection:
        connection.execute("INSERT INTO entry VALUES (2, 'after')")
    pair.wait_level()
    for node in pair.nodes:
        assert numbers(node) == [0, 2]
        assert outcome(node, position) == "never committed"
    assert_kept(pair.replica)
    assert not any(kept(node) for node in [pair.primary, *behind])
    pair.assert_identical()


def test_what_was_cut_off_can_be_read_as_a_log(make_pair):
    pair = make_pair()
    disk = FaultyDisk(pair.primary)
    pair.start()
    make_table(pair)
    position = lose_a_record(pair, disk)
    pair.primary.start()
    wait_until(lambda: kept(pair.replica), what="the tail is cut off and kept")
    (file,) = kept(pair.replica)
    result = run("log", file, "--json")
    assert result.returncode == 0, result.stderr
    records = [json.loads(line) for line in result.stdout.splitlines()]
    (record,) = [record for record in records if record["index"] == int(position.split(":")[-1])]
    assert record["changes"][0]["new"]["text"] == LOST_TEXT


def crc32c(data):
    value = 0xFFFF_FFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F6_3B78 if value & 1 else 0)
    return value ^ 0xFFFF_FFFF


def hand_the_reign_over(former, successor):
    """Lets a replica start as a primary, as a promotion would: its state says that the last reign was its own."""
    reign = re.search(r"^reign (.*)$", (former.data / "node.state").read_text(), re.MULTILINE)[1]
    state = successor.data / "node.state"
    lines = [line for line in state.read_text().splitlines() if not line.startswith(("reign ", "checksum "))]
    place = next(number for number, line in enumerate(lines) if line.startswith("promised ")) + 1
    lines.insert(place, f"reign {reign}")
    body = "\n".join(lines) + "\n"
    state.write_text(body + f"checksum {crc32c(body.encode()):x}\n")


@pytest.mark.parametrize("role", ["primary", "replica"])
def test_a_former_primary_that_returns_cuts_what_nobody_acknowledged(make_pair, role):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    former, (successor, other) = pair.primary, pair.replicas
    for node in (successor, other):
        node.stop()
    position = insert_in_doubt(former, 1)
    former.kill()

    hand_the_reign_over(former, successor)
    successor.role, successor.primary = "primary", None
    other.primary = successor
    successor.start()
    other.start()
    successor.wait_ready()
    with successor.connect() as connection:
        connection.execute("INSERT INTO entry VALUES (2, 'after')")

    # Whoever starts it need not know that it was succeeded.
    former.role, former.primary = role, successor if role == "replica" else None
    former.start()
    wait_until(lambda: former.status()["role"] == "replica", what="it follows")
    pair.primary, pair.replicas = successor, [former, other]
    pair.wait_ready()
    pair.wait_level()
    for node in pair.nodes:
        assert numbers(node) == [0, 2]
        assert outcome(node, position) == "never committed"
    assert_kept(former)
    assert not kept(successor) and not kept(other)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        former.query("INSERT INTO entry VALUES (3, 'refused') RETURNING number")
    pair.assert_identical()
