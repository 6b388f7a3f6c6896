"""What a node and `tandem status` say: above all, what is waited for."""

import json
import subprocess
import threading

from conftest import TANDEM, Node, wait_until


def status(node, *options):
    return subprocess.run(
        [TANDEM, "status", "--url", f"127.0.0.1:{node.port}", *options], capture_output=True, text=True, timeout=60)


def test_a_first_primary_alone_waits_for_a_replica_to_join(tmp_path):
    node = Node(tmp_path, "primary").start()
    try:
        wait_until(lambda: node.status()["state"] == "waiting for replicas", what="it waits")
        row = node.status()
        assert "1 more replica to join" in row["waiting_for"]
        assert (row["acknowledgements_present"], row["acknowledgements_required"]) == (0, 1)
        result = status(node)
        assert result.returncode == 1
        assert f"127.0.0.1:{node.port} waits for 1 more replica to join" in result.stdout
        assert "transaction" not in result.stdout, "no transaction waits"
    finally:
        node.kill()


def test_a_primary_that_starts_without_its_replica_waits_for_its_promise(pair):
    pair.kill()
    pair.primary.start()
    wait_until(lambda: pair.primary.status()["state"] == "starting", what="it starts")
    wait_until(lambda: pair.primary.status()["waiting_for"], what="it says what it waits for")
    text = pair.primary.status()["waiting_for"]
    assert "promise" in text and f"127.0.0.1:{pair.replica.port}" in text


def test_a_waiting_commit_is_counted_and_says_for_whom_it_waits(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        pair.wait_level()
        pair.replica.kill()
        wait_until(lambda: pair.primary.status()["state"] == "waiting for replicas", what="the replica is missed")
        thread = threading.Thread(target=lambda: connection.execute("INSERT INTO t VALUES (1)"))
        thread.start()
        wait_until(lambda: pair.primary.status()["state"] == "waiting for acknowledgements", what="the commit waits")
        row = pair.primary.status()
        assert row["waiting_transactions"] == 1
        assert f"127.0.0.1:{pair.replica.port} is not connected" in row["waiting_for"]
        text = status(pair.primary)
        assert text.returncode == 1
        assert f"127.0.0.1:{pair.replica.port} is not connected" in text.stdout
        assert "1 transaction waits" in text.stdout
        pair.replica.start()
        thread.join(20)
    pair.wait_ready()
    assert pair.primary.status()["waiting_for"] is None
    assert pair.primary.status()["waiting_transactions"] == 0


def test_more_acknowledgements_asked_for_at_a_restart_wait_for_more_replicas(pair):
    pair.primary.stop()
    pair.primary.options = ["--acknowledgements", "2"]
    pair.primary.start()
    wait_until(lambda: pair.primary.status()["state"] == "waiting for replicas", what="it waits")
    wait_until(lambda: pair.primary.status()["acknowledgements_present"] == 1, what="the replica is there")
    row = pair.primary.status()
    assert row["acknowledgements_required"] == 2
    wait_until(
        lambda: "1 more replica to join" in (pair.primary.status()["waiting_for"] or ""), what="it says for what")


def test_degraded_commits_show_what_was_asked_for(make_pair):
    pair = make_pair(primary_options=["--on-missing-replicas", "degrade:200ms"]).start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        pair.replica.kill()
        connection.execute("INSERT INTO t VALUES (1)")
    wait_until(lambda: pair.primary.status()["state"] == "degraded", what="it degrades")
    row = pair.primary.status()
    assert (row["acknowledgements_present"], row["acknowledgements_required"]) == (0, 1)
    text = status(pair.primary).stdout
    assert "0 of 1" in text and "has been DEGRADED for" in text and "since" not in text


def test_json_has_numbers_truth_and_null_as_such(pair):
    wait_until(lambda: pair.replica.query("SHOW tandem.members"), what="the replica knows its members")
    nodes = json.loads(status(pair.primary, "--json").stdout)["nodes"]
    primary, replica = nodes
    for node in nodes:
        for name in ("commit_index", "flushed_index", "applied_index", "lag_transactions", "waiting_transactions"):
            assert type(node[name]) is int, name
        assert type(node["lag_seconds"]) in (int, float)
        assert node["whole"] is True
        assert node["waiting_for"] is None and node["problem"] is None
    assert [member["connected"] for member in primary["members"]] == [True]
    # A replica knows nothing of the connections of others.
    assert [(member["member"], member["connected"], member["whole"]) for member in replica["members"]] == [(True, None, None)]
    assert primary["acknowledgements_present"] == primary["acknowledgements_required"] == 1
