"""A group that finds its next primary without an operator: the lease is kept in a real etcd."""

import shutil
import subprocess
import time

import psycopg
import pytest

from commands import tandem, url
from conftest import TANDEM, wait_until
from etcd import Etcd
from writers import Writers, assert_level_and_identical, make_table, numbers

# Short, so that it is seen to end; and so long that it never does, however busy the machine is.
SHORT, LONG = 2, 20


@pytest.fixture(scope="module")
def etcd(tmp_path_factory):
    etcd = Etcd(tmp_path_factory.mktemp("etcd")).start()
    yield etcd
    etcd.kill()


@pytest.fixture
def make_group(make_pair, etcd, request):
    """A primary and two replicas that share a lease of so many seconds."""
    def make(lease):
        options = ["--failover", f"etcd://127.0.0.1:{etcd.port}/{request.node.name}", "--failover-lease", f"{lease}s"]
        pair = make_pair(replicas=2, primary_options=options, replica_options=options).start()
        make_table(pair)
        return pair

    return make


def primary_among(nodes):
    """The node that takes writes; None if there is none."""
    for node in nodes:
        status = node.status()
        if status["role"] == "primary" and status["state"] == "ready":
            return node
    return None


def wait_for_primary(nodes):
    return wait_until(lambda: primary_among(nodes), what="a primary among these")


def test_when_the_primary_dies_a_replica_takes_over_and_nothing_acknowledged_is_lost(make_group):
    group = make_group(SHORT)
    old = wait_for_primary(group.nodes)
    others = [node for node in group.nodes if node is not old]
    with Writers(group.nodes, 4) as writers:
        wait_until(lambda: len(writers.acknowledged) > 100, what="the writers write")
        old.kill()
        new = wait_for_primary(others)
        before = len(writers.acknowledged)
        wait_until(lambda: len(writers.acknowledged) > before + 100, what="they write to the new primary")
        old.start()
        wait_until(lambda: old.status()["state"] == "ready", what="the old primary follows")
    pause = writers.longest_pause()
    print(f"without writes for {pause:.2f} s, lease {SHORT} s")
    # Twice the lease is the promise; the second more is for a machine that does other things as well.
    assert pause < 2 * SHORT + 1
    assert old.status()["role"] == "replica"
    present = numbers(new)
    assert len(present) == len(set(present))
    written = {number for _, number in writers.acknowledged}
    assert written <= set(present) <= {0} | written | set(writers.doubtful)
    assert_level_and_identical(group.nodes)


def test_a_primary_that_slept_through_its_lease_commits_nothing_and_follows(make_group):
    group = make_group(SHORT)
    old = wait_for_primary(group.nodes)
    others = [node for node in group.nodes if node is not old]
    with old.connect() as sleeper:
        old.pause()
        new = wait_for_primary(others)
        with new.connect() as connection:
            connection.execute("INSERT INTO entry VALUES (1)")
        old.resume()
        with pytest.raises(psycopg.Error) as error:
            sleeper.execute("INSERT INTO entry VALUES (2)")
        assert error.value.sqlstate in ("25006", "40003"), error.value
    wait_until(lambda: old.status()["role"] == "replica" and numbers(old) == [0, 1], what="it follows")
    assert_level_and_identical(group.nodes)


def test_while_the_store_is_silent_nobody_writes_after_the_lease_and_afterwards_somebody_does(make_group, etcd):
    group = make_group(SHORT)
    old = wait_for_primary(group.nodes)

    def refuses_writes():
        try:
            with old.connect() as connection:
                connection.execute("INSERT INTO entry SELECT max(number) + 1 FROM entry")
        except psycopg.Error as error:
            return error.sqlstate in ("25006", "40003")

    etcd.pause()
    try:
        wait_until(refuses_writes, what="the primary has lost its lease")
        assert 0 in numbers(old), "reads go on"
        assert all(node.status()["role"] != "primary" for node in group.nodes)
        assert "etcd at 127.0.0.1" in old.status()["lease"]
        for node in group.nodes:
            wait_until(lambda: "the group's lease is out of reach for" in (node.status()["waiting_for"] or ""),
                       what="it says what is missing")
        assert "the group's lease is out of reach for" in tandem("status", "--url", url(old), code=1)
    finally:
        etcd.resume()
    wait_for_primary(group.nodes)
    assert_level_and_identical(group.nodes)


def test_a_primary_that_is_restarted_within_its_lease_goes_on(make_group):
    group = make_group(LONG)
    group.primary.kill()
    group.primary.start()
    assert wait_for_primary(group.nodes) is group.primary
    assert "held here" in group.primary.status()["lease"]
    address = f"127.0.0.1:{group.primary.port}"
    wait_until(lambda: group.replica.status()["lease"] == f"held by {address}", what="the replica knows")


def test_a_primary_that_is_stopped_gives_its_lease_back(make_group):
    group = make_group(LONG)
    old, *others = group.nodes
    assert old.stop() == 0
    began = time.monotonic()
    wait_for_primary(others)
    print(f"{time.monotonic() - began:.2f} s after the end of the process another one reigns; the lease is {LONG} s")


def test_a_planned_change_takes_the_lease_along(make_group):
    group = make_group(LONG)
    old, new, _ = group.nodes
    done = subprocess.run(
        [TANDEM, "switch-over", "--url", f"127.0.0.1:{old.port}", "--to", f"127.0.0.1:{new.port}"],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert wait_for_primary(group.nodes) is new
    wait_until(lambda: "held here" in new.status()["lease"], what="the new primary holds the lease")
    with new.connect() as connection:
        connection.execute("INSERT INTO entry VALUES (1)")
    wait_until(lambda: numbers(old) == [0, 1], what="the old primary follows")


def test_why_nobody_is_promoted_is_said_once(make_group):
    group = make_group(SHORT)
    old = wait_for_primary(group.nodes)
    replaced, other = (node for node in group.nodes if node is not old)
    identity = replaced.status()["node"]
    replaced.kill()
    shutil.rmtree(replaced.data)
    replaced.start()
    wait_until(lambda: identity in (old.status()["problem"] or ""), what="the primary names who is gone")
    old.kill()
    left = (replaced, other)
    wait_until(
        lambda: any(node.text().count("stands for promotion") > 2 for node in left), 60, "one tries again and again")
    for node in left:
        lines = [line for line in node.text().splitlines() if "promotion given up" in line]
        reasons = [line.partition("reason=")[2] for line in lines]
        assert len(reasons) == len(set(reasons))
        if node.text().count("stands for promotion") > 2:
            assert any(f"node {identity} was at {url(replaced)}" in reason for reason in reasons)


def test_two_groups_cannot_share_a_lease(make_group, make_pair):
    group = make_group(LONG)
    stranger = make_pair(primary_options=group.primary.options).primary.start()
    wait_until(lambda: "the lease is that of another group" in (stranger.status()["lease"] or ""), what="it is told")
    assert stranger.status()["state"] == "starting"
    assert primary_among(group.nodes) is group.primary


@pytest.mark.parametrize("arguments, message", [
    (["--failover", "127.0.0.1:2379"], "--failover: '127.0.0.1:2379' is not etcd://HOST:PORT"),
    (["--failover", "etcd://127.0.0.1:2379"], "is not etcd://HOST:PORT[,HOST:PORT ...]/PATH"),
    (["--failover", "etcd://127.0.0.1:2379/x", "--failover-lease", "500ms"], "is not whole seconds from 2s to 1h"),
    (["--failover-lease", "5s"], "--failover-lease needs --failover as well"),
])
def test_settings_that_make_no_sense_are_refused(tmp_path, arguments, message):
    done = subprocess.run(
        [TANDEM, "primary", "--data", str(tmp_path / "data"), *arguments], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and message in done.stderr, done.stderr
