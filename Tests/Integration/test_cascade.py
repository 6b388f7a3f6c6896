"""Cascades: replicas of replicas, which get what is committed, count for nothing and lead nobody."""

import json
import random

import psycopg
import pytest

from commands import run, url
from conftest import Node, wait_until
from test_snapshot import SMALL_LOG, Writer, fill, wait_installed, wait_pruned


def cascade(folder, upstream, options=()):
    return Node(folder, "replica", options=["--upstream", url(upstream), *options])


@pytest.fixture
def chain(make_pair, tmp_path):
    """A pair, a cascade of its replica, and a cascade of that."""
    started = []

    def make(primary_options=(), replica_options=(), cascade_options=(), levels=2, **options):
        pair = make_pair(primary_options=primary_options, replica_options=replica_options, **options).start()
        cascades, upstream = [], pair.replica
        for level in range(levels):
            upstream = cascade(tmp_path / f"cascade{level}", upstream, cascade_options)
            cascades.append(upstream)
            started.append(upstream.start())
        for node in cascades:
            node.wait_ready()
        return pair, cascades

    yield make
    for node in started:
        if node.process:
            node.resume()
            node.kill()


def wait_level(pair, cascades, timeout=60):
    pair.wait_level(timeout)
    commit = pair.primary.status()["commit_index"]
    wait_until(lambda: all(node.status()["applied_index"] == commit for node in cascades), timeout, "the cascades level")


def assert_identical(pair, cascades):
    wait_level(pair, cascades)
    for node in reversed(cascades):
        node.stop()
    pair.stop()
    dumps = [node.dump() for node in pair.nodes + cascades]
    assert all(dump == dumps[0] for dump in dumps)


def test_every_level_has_the_same_and_says_what_it_is(chain):
    pair, (first, second) = chain()
    fill(pair.primary, 2)
    wait_level(pair, [first, second])
    assert second.query("SELECT count(*) FROM entry") == [(1000,)]

    # Nobody writes there; who asks is sent to the primary, not to the upstream.
    with second.connect() as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as refused:
            connection.execute("INSERT INTO entry (text) VALUES ('not here')")
    assert f"write to its primary at {url(pair.primary)}" in refused.value.diag.message_hint

    # No member, and nobody's primary.
    assert len(pair.primary.query("SHOW tandem.members")) == 1
    refusal = run("promote", "--url", url(first), "--accept-data-loss")
    assert refusal.returncode == 1 and "is a cascade" in refusal.stderr and "promote a member" in refusal.stderr
    refusal = run("switch-over", "--to", url(first), "--url", url(pair.primary))
    assert refusal.returncode == 1 and "cannot take over: hand over to a member" in refusal.stderr
    assert f"{url(first)} is a cascade of {url(pair.replica)}" in refusal.stderr

    # Its log speaks of its upstream, the replica's of the primary.
    assert "following the upstream" in first.text() and "following the primary" not in first.text()
    assert "following the primary" in pair.replica.text()

    # Whoever is asked, all levels are there.
    for node in (pair.primary, first, second):
        status = run("status", "--url", url(node))
        assert status.returncode == 0, status.stdout
        assert f"{url(first)} is a cascade of {url(pair.replica)}: it counts for no acknowledgement" in status.stdout
        assert f"{url(second)} is a cascade of {url(first)}" in status.stdout
        assert sum(url(each) + "  " in status.stdout for each in pair.nodes + [first, second]) == 4
    expected = [(str(first.status()["node"]), "cascade", True)]
    replication = "SELECT application_name, sync_state, flush_lsn = replay_lsn FROM pg_stat_replication"
    wait_until(lambda: pair.replica.query(replication) == expected, what="the replica knows what its cascade has applied")
    answer = run("verify", "--url", url(pair.primary))
    assert answer.returncode == 0 and url(second) in answer.stdout, answer.stdout + answer.stderr
    assert_identical(pair, [first, second])


def test_a_commit_does_not_wait_for_a_cascade_nor_is_it_enough(make_pair, tmp_path):
    pair = make_pair(acknowledgements="1").start()
    fill(pair.primary, 1)
    node = cascade(tmp_path / "cascade", pair.primary).start()
    try:
        node.wait_ready()
        wait_level(pair, [node])
        assert pair.primary.query("SELECT sync_state FROM pg_stat_replication ORDER BY 1") == [("cascade",), ("quorum",)]
        with pytest.raises(psycopg.Error, match="is a cascade .* cannot take over: hand over to a member"):
            pair.primary.query(f"ALTER SYSTEM SWITCH OVER TO '{url(node)}'")
        pair.replica.kill()
        wait_until(lambda: pair.primary.status()["acknowledgements_present"] == 0, what="the loss is noticed")
        with pair.primary.connect() as connection:
            connection.execute("SET tandem.commit_timeout = '1s'")
            with pytest.raises(psycopg.errors.StatementCompletionUnknown):
                connection.execute("INSERT INTO entry (text) VALUES ('in doubt')")
        assert pair.primary.status()["state"].startswith("waiting for")
        # What is not committed is nowhere to be seen, and not even on the way there.
        assert node.status()["last_index"] == pair.primary.status()["last_index"] - 1
        assert node.query("SELECT count(*) FROM entry WHERE text = 'in doubt'") == [(0,)]
        node.stop()
        pair.replica.start()
        pair.wait_ready()
        with pair.primary.connect() as connection:
            connection.execute("INSERT INTO entry (text) VALUES ('without the cascade')")
        node.start().wait_ready()
        assert_identical(pair, [node])
    finally:
        node.kill()


def test_all_levels_are_equal_after_upstreams_and_primary_were_killed_under_load(chain, seed):
    chance = random.Random(seed)
    pair, cascades = chain(replicas=2)
    fill(pair.primary, 1)
    writer = Writer(pair.primary)
    for _ in range(8):
        victim = chance.choice([pair.primary, pair.replica, *cascades])
        count = writer.acknowledged
        wait_until(lambda: writer.acknowledged > count + 20, what="writes go on")
        victim.kill()
        victim.start()
        victim.wait_listening()
    for node in pair.nodes + cascades:
        node.wait_ready(60)
    writer.stop()
    count = pair.primary.query("SELECT count(*) FROM entry WHERE text = 'written meanwhile'")[0][0]
    assert count >= writer.acknowledged
    assert all("a snapshot" not in node.text() and "cut off" not in node.text() for node in cascades)
    assert_identical(pair, cascades)


def test_a_cascade_goes_on_when_its_upstream_becomes_the_primary(chain):
    pair, cascades = chain(replicas=2)
    fill(pair.primary, 1)
    wait_level(pair, cascades)
    former, promoted = pair.primary, pair.replica
    former.kill()
    assert run("promote", "--url", url(promoted)).returncode == 0
    promoted.wait_ready()
    with promoted.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('after that')")
    former.start()
    pair.primary, pair.replicas = promoted, [former, pair.replicas[1]]
    for node in cascades:
        node.wait_ready()
    assert all("a snapshot" not in node.text() for node in cascades)
    assert_identical(pair, cascades)


def test_a_cascade_whose_primary_is_gone_says_so_and_serves_what_it_has(chain):
    pair, cascades = chain(
        primary_options=["--replication-timeout", "1s"], replica_options=["--replication-timeout", "1s"],
        cascade_options=["--replication-timeout", "1s"])
    fill(pair.primary, 1)
    wait_level(pair, cascades)
    pair.primary.pause()
    wait_until(lambda: all(node.status()["state"] == "connecting" for node in cascades), what="they have noticed")
    wait_until(lambda: "it hears from no primary at the moment" in cascades[0].status()["waiting_for"], what="the reason")
    assert cascades[1].query("SELECT count(*) FROM entry") == [(500,)]
    pair.primary.resume()
    for node in cascades:
        node.wait_ready()
    assert_identical(pair, cascades)


def test_verify_leaves_out_a_cascade_that_follows_nobody_and_says_why(chain):
    pair, (node,) = chain(replicas=2, levels=1)
    fill(pair.primary, 1)
    wait_level(pair, [node])
    pair.replica.kill()
    fill(pair.primary, 1)
    wait_until(lambda: node.status()["state"] == "connecting", what="it has noticed")
    nodes = [pair.primary, pair.replicas[1], node]
    answer = run("verify", "--json", "--url", ",".join(url(each) for each in nodes))
    assert answer.returncode == 2, answer.stdout + answer.stderr
    report = json.loads(answer.stdout)
    (missing,) = report["missing"]
    assert missing["node"] == url(node) and f"waits for its upstream, {url(pair.replica)}," in missing["reason"]
    assert report["sound"] and report["nodes"] == [url(pair.primary), url(pair.replicas[1])]


def test_a_cascade_whose_place_in_the_log_is_gone_takes_a_snapshot_of_its_upstream(chain):
    # Segments are as large everywhere as the primary makes them.
    pair, (first,) = chain(primary_options=["--segment-size", "65536"], replica_options=SMALL_LOG, levels=1)
    fill(pair.primary, 1)
    wait_level(pair, [first])
    first.stop()
    fill(pair.primary, 3)
    wait_pruned(pair.replica)
    first.start()
    wait_installed(first)
    assert f"from={url(pair.replica)}" in first.text()
    first.wait_ready()
    wait_until(lambda: not (first.data / "replaced").exists(), what="what was replaced is removed")
    # Its upstream keeps what it lacks, as long as it is connected, and there is room.
    first.stop()
    first.start()
    first.wait_ready()
    assert first.text().count("a snapshot was installed") == 1
    assert_identical(pair, [first])


def test_a_command_line_that_names_a_replica_as_the_primary_still_makes_a_member(make_pair, tmp_path):
    pair = make_pair().start()
    newcomer = Node(tmp_path / "newcomer", "replica", pair.replica)
    pair.replicas.append(newcomer)
    newcomer.start().wait_ready()
    wait_until(lambda: pair.primary.status()["acknowledgements_present"] == 2, what="it is a member")
    assert newcomer.status()["primary"] == url(pair.primary) and newcomer.status()["cascade_of"] is None
    pair.assert_identical()


def test_who_belongs_to_the_group_is_no_cascade_before_it_is_removed(make_pair):
    pair = make_pair(replicas=2).start()
    fill(pair.primary, 1)
    pair.wait_level()
    former = pair.replicas.pop()
    former.stop()
    former.primary = None
    former.options = ["--upstream", url(pair.replica)]
    former.start()
    wait_until(lambda: "the group counts this node as a member" in (former.status()["waiting_for"] or ""), what="refused")
    former.stop()
    assert run("member", "remove", url(former), "--url", url(pair.primary)).returncode == 0
    former.start().wait_ready()
    with pair.primary.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('after that')")
    assert former.status()["cascade_of"] == url(pair.replica)
    assert len(pair.primary.query("SHOW tandem.members")) == 1
    pair.replicas.append(former)  # To be stopped with the pair.
    pair.assert_identical()


def test_a_cascade_becomes_a_member_only_where_its_operator_says_so(make_pair, tmp_path):
    pair = make_pair().start()
    node = cascade(tmp_path / "cascade", pair.replica).start()
    try:
        node.wait_ready()
        node.stop()
        refusal = run("primary", "--data", node.data, "--listen", url(node))
        assert refusal.returncode != 0 and "was a cascade (--upstream) when it ran last" in refusal.stderr
        node.start().wait_ready()
        assert "becomes a member" not in node.text()
        assert len(pair.primary.query("SHOW tandem.members")) == 1
        node.stop()
        node.primary, node.options = pair.primary, []
        node.start()
        wait_until(lambda: "was a cascade, and becomes a member of the group" in node.text(), what="it is said")
        wait_until(lambda: pair.primary.status()["acknowledgements_present"] == 2, what="it is a member")
        pair.replicas.append(node)
        pair.assert_identical()
    finally:
        node.kill()


def test_settings_that_do_not_go_together_are_refused(make_pair):
    pair = make_pair(acknowledgements="0").start()
    pair.stop()

    def refusal(node, *options):
        result = run("replica", "--data", node.data, "--listen", url(node), *options)
        assert result.returncode != 0
        return result.stderr

    both = refusal(pair.replica, "--upstream", "127.0.0.1:1", "--primary", "127.0.0.1:2")
    assert "--primary and --upstream exclude each other" in both
    for option, value in [("--acknowledgements", "1"), ("--on-missing-replicas", "wait")]:
        assert f"{option} has no meaning beside --upstream" in refusal(
            pair.replica, "--upstream", "127.0.0.1:1", option, value)
    assert "takes no part in its failover" in refusal(
        pair.replica, "--upstream", "127.0.0.1:1", "--failover", "etcd://127.0.0.1:1/x")
    assert "this node was the last primary of its group" in refusal(pair.primary, "--upstream", "127.0.0.1:1")
    assert "is this node's own address" in refusal(pair.replica, "--upstream", url(pair.replica))
