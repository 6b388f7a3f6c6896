"""Who is waited for: `--acknowledgements` with two replicas, and what happens when it is changed at a restart."""

import threading

import psycopg
import pytest

from commands import tandem, url
from conftest import wait_until


ACKNOWLEDGED, IN_DOUBT, NOT_EXECUTED = "acknowledged", "in doubt", "not executed"


def insert(node, number, expected):
    """Adds a row, and waits only briefly where nothing else is expected than waiting."""
    patience = "20s" if expected == ACKNOWLEDGED else "500ms"
    with node.connect() as connection:
        connection.execute(f"SET tandem.commit_timeout = '{patience}'")
        connection.execute(f"SET lock_timeout = '{patience}'")
        try:
            connection.execute("INSERT INTO t VALUES (%s)", (number,))
            outcome = ACKNOWLEDGED
        except psycopg.errors.StatementCompletionUnknown:
            outcome = IN_DOUBT
        except psycopg.errors.LockNotAvailable:
            outcome = NOT_EXECUTED
    assert outcome == expected


def numbers(node):
    return sorted(number for (number,) in node.query("SELECT a FROM t"))


def wait_members(pair, count):
    """Until so many other nodes are members, by a record that is committed."""
    def settled():
        with pair.primary.connect() as connection:
            members = connection.execute("SHOW tandem.members").fetchall()
        status = pair.primary.status()
        return sum(row[2] for row in members) == count and status["commit_index"] == status["last_index"]
    wait_until(settled, what=f"{count} replicas are members")


def restart(pair, acknowledgements):
    """The primary, with another `--acknowledgements`."""
    pair.primary.stop()
    option = pair.primary.options.index("--acknowledgements")
    pair.primary.options[option + 1] = acknowledgements
    pair.primary.start()


def make(make_pair, **options):
    pair = make_pair(**options).start()
    wait_members(pair, len(pair.replicas))
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    pair.wait_level()
    return pair


# Of two replicas: how many a commit needs (a majority of three nodes is the primary and one of them), and what becomes
# of a row that is inserted when one is gone, and of another when both are. What comes behind a commit that waits, waits
# for the writer.
@pytest.mark.parametrize("acknowledgements, required, outcomes", [
    ("1", 1, [ACKNOWLEDGED, IN_DOUBT]),
    ("majority", 1, [ACKNOWLEDGED, IN_DOUBT]),
    ("all", 2, [IN_DOUBT, NOT_EXECUTED]),
    ("2", 2, [IN_DOUBT, NOT_EXECUTED]),
])
def test_a_commit_waits_for_so_many_of_two_replicas(make_pair, acknowledgements, required, outcomes):
    pair = make(make_pair, replicas=2, acknowledgements=acknowledgements)
    status = pair.primary.status()
    assert status["acknowledgements"] == acknowledgements
    assert (status["acknowledgements_required"], status["acknowledgements_present"]) == (required, 2)

    for gone, replica in enumerate(pair.replicas, start=1):
        replica.kill()
        wait_until(lambda: pair.primary.status()["acknowledgements_present"] == 2 - gone, what="it is missed")
        insert(pair.primary, gone, outcomes[gone - 1])
    shown = [number for number, outcome in enumerate(outcomes, start=1) if outcome == ACKNOWLEDGED]
    kept = [number for number, outcome in enumerate(outcomes, start=1) if outcome != NOT_EXECUTED]
    assert numbers(pair.primary) == shown
    waiting = pair.primary.status()["waiting_for"]
    assert all(f"127.0.0.1:{replica.port}" in waiting for replica in pair.replicas)

    # What waits is committed by the one whose return makes up the number, not before.
    for back, replica in enumerate(pair.replicas, start=1):
        replica.start()
        wait_until(lambda: pair.primary.status()["acknowledgements_present"] == back, what="it is back")
        if back < required:
            assert numbers(pair.primary) == shown
        else:
            wait_until(lambda: numbers(pair.primary) == kept, what="what waited is committed")
    pair.assert_identical()


def test_more_acknowledgements_count_from_the_restart_on(make_pair):
    pair = make(make_pair, replicas=2, acknowledgements="0")
    one, other = pair.replicas
    restart(pair, "1")
    pair.wait_ready()
    assert pair.primary.status()["acknowledgements"] == "1"
    one.kill()
    insert(pair.primary, 1, ACKNOWLEDGED)
    restart(pair, "2")
    # The stricter rule is not written down before it can be kept: nothing is left in the log that waits for who is gone.
    wait_until(lambda: "to connect and catch up" in (pair.primary.status()["waiting_for"] or ""), what="it says so")
    status = pair.primary.status()
    assert status["state"] == "waiting for replicas" and f"127.0.0.1:{one.port}" in status["waiting_for"]
    assert status["acknowledgements"] == "2" and status["commit_index"] == status["last_index"]
    insert(pair.primary, 0, NOT_EXECUTED)
    assert numbers(pair.primary) == [1]
    one.start()
    pair.wait_ready()
    assert pair.primary.status()["acknowledgements_required"] == 2
    other.kill()
    insert(pair.primary, 2, IN_DOUBT)
    other.start()
    wait_until(lambda: numbers(pair.primary) == [1, 2], what="what waited is committed")
    pair.assert_identical()


def test_a_group_of_one_takes_no_writes_when_more_acknowledgements_are_asked_for_than_it_has_replicas(make_pair):
    pair = make_pair(replicas=1, acknowledgements="0")
    pair.primary.start().wait_ready()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    restart(pair, "1")
    wait_until(lambda: pair.primary.status()["state"] == "waiting for replicas", what="it waits for a replica")
    assert pair.primary.query("SELECT count(*) FROM t") == [(0,)]
    pair.replica.start()
    pair.wait_ready()
    insert(pair.primary, 1, ACKNOWLEDGED)
    pair.replica.kill()
    insert(pair.primary, 2, IN_DOUBT)
    pair.replica.start()
    wait_until(lambda: numbers(pair.primary) == [1, 2], what="what waited is committed")
    pair.assert_identical()


@pytest.mark.parametrize("before, after", [("1", "0"), ("2", "1"), ("all", "majority")])
def test_fewer_acknowledgements_count_once_the_old_ones_have_agreed(make_pair, before, after):
    replicas = 1 if before == "1" else 2
    pair = make(make_pair, replicas=replicas, acknowledgements=before)
    last = pair.replicas[-1]
    last.kill()
    insert(pair.primary, 1, IN_DOUBT)
    pair.primary.kill()  # A graceful stop would wait for that commit.
    restart(pair, after)
    # The rule that was in force binds until the new one is committed under it: what it promised stays true.
    wait_until(lambda: pair.primary.status()["state"] == "starting", what="the primary starts")
    last.start()
    pair.wait_ready()
    wait_until(lambda: pair.primary.status()["acknowledgements"] == after, what="the new rule is written down")
    assert numbers(pair.primary) == [1]
    last.kill()
    insert(pair.primary, 2, ACKNOWLEDGED)
    last.start()
    pair.wait_ready()
    pair.assert_identical()


def test_clients_wait_through_the_loss_of_every_replica_in_turn(make_pair):
    """Under `majority`, whichever of two replicas is killed, the other one is enough."""
    pair = make(make_pair, replicas=2, acknowledgements="majority")
    acknowledged, stopping = [], threading.Event()

    def write():
        with pair.primary.connect() as connection:
            while not stopping.is_set():
                number = len(acknowledged) + 1
                connection.execute("INSERT INTO t VALUES (%s)", (number,))
                acknowledged.append(number)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    for _ in range(3):
        for replica in pair.replicas:
            replica.kill()
            before = len(acknowledged)
            wait_until(lambda: len(acknowledged) > before + 5, what="commits go on with one replica")
            replica.start()
            wait_until(lambda: pair.primary.status()["acknowledgements_present"] == 2, what="it is back")
    stopping.set()
    writer.join(30)
    assert not writer.is_alive()
    pair.wait_level()
    assert numbers(pair.primary) == acknowledged
    pair.assert_identical()


def test_a_replica_asks_for_what_it_was_started_with_once_it_reigns(make_pair):
    pair = make_pair(replicas=2)
    told, other = pair.replicas
    told.options = ["--acknowledgements", "2"]
    pair.start()
    wait_members(pair, 2)

    def wait_reigning(node, acknowledgements):
        def reigns():
            status = node.status()
            settled = status["commit_index"] == status["last_index"]
            return (status["role"], status["state"], status["acknowledgements"], settled) == (
                "primary", "ready", acknowledgements, True)
        wait_until(reigns, what=f"it reigns, and {acknowledgements} acknowledge")

    tandem("switch-over", "--url", url(pair.primary), "--to", url(told))
    wait_reigning(told, "2")
    assert "acknowledgements that commits wait for change" in told.text()

    told.stop()
    told.options[1] = "all"
    told.start()
    wait_reigning(told, "all")

    # Who was told nothing leaves the rule as it is.
    tandem("switch-over", "--url", url(told), "--to", url(other))
    wait_reigning(other, "all")
    assert "acknowledgements that commits wait for change" not in other.text()
