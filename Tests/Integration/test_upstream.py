"""A replica that cannot follow says so, once, and what it says is true."""

import re
import shutil
import subprocess
import time

from commands import tandem, url
from conftest import TANDEM, Node, free_port, wait_until


class Nowhere:
    """Stands for a primary that is not there."""

    def __init__(self):
        self.port = free_port()


def warnings(node):
    return [line for line in node.text().splitlines() if "cannot follow the primary" in line]


def test_an_unreachable_primary_is_said_once_with_address_and_reason(tmp_path):
    nowhere = Nowhere()
    replica = Node(tmp_path, "replica", nowhere).start()
    try:
        wait_until(lambda: warnings(replica), what="it warns")
        time.sleep(2)  # Ten more attempts.
        assert len(warnings(replica)) == 1
        line = warnings(replica)[0]
        assert " warning " in line and f"127.0.0.1:{nowhere.port}" in line and "Connection refused" in line
        assert "NIO" not in line and "errno" not in line
        row = replica.status()
        assert row["state"] == "connecting"
        assert f"127.0.0.1:{nowhere.port}" in row["waiting_for"] and "Connection refused" in row["waiting_for"]
    finally:
        replica.kill()


def test_a_connection_that_comes_back_is_said(pair):
    pair.primary.kill()
    wait_until(lambda: warnings(pair.replica), what="it warns")
    before = pair.replica.text().count("following the primary")
    pair.primary.start()
    pair.wait_ready()
    assert pair.replica.text().count("following the primary") == before + 1
    assert pair.replica.status()["waiting_for"] is None


def test_another_groups_primary_is_a_problem_that_is_named(make_pair):
    ours, others = make_pair(acknowledgements="0").start(), make_pair(acknowledgements="0").start()
    ours.replica.stop()
    ours.replica.primary = others.primary
    ours.primary.stop()
    ours.replica.start()
    wait_until(lambda: ours.replica.status()["problem"], what="it has a problem")
    row = ours.replica.status()
    assert "another group" in row["problem"] and f"127.0.0.1:{others.primary.port}" in row["problem"]
    assert row["state"] == "connecting" and "another group" in row["waiting_for"]


def test_a_replica_of_itself_is_refused(tmp_path):
    address = f"127.0.0.1:{free_port()}"
    result = subprocess.run(
        [TANDEM, "replica", "--data", str(tmp_path / "data"), "--listen", address, "--primary", address],
        capture_output=True, text=True, timeout=20)
    assert result.returncode != 0 and re.search(rf"{address} is this node's own address", result.stderr)
    assert not (tmp_path / "data").exists()


def test_a_primary_whose_copy_has_reigned_says_so_and_follows_whom_an_operator_promotes(pair, tmp_path):
    original, replica = pair.primary, pair.replica
    original.wait_ready()
    replica.wait_ready()
    copy = Node(tmp_path / "copy", "primary", options=original.options)
    original.pause()
    shutil.copytree(original.data, copy.data)
    original.resume()
    copy.start()
    try:
        wait_until(lambda: replica.status()["primary"] == f"127.0.0.1:{copy.port}", what="it follows the copy")
    finally:
        copy.kill()

    def says_so():
        return "copy of this node's data directory" in (original.status()["problem"] or "")

    wait_until(says_so, what="it says so when it hears of that epoch")
    original.kill()
    original.start()
    wait_until(says_so, what="it says so after its restart")
    assert "tandem promote" in original.status()["problem"]
    tandem("promote", "--url", url(replica))
    wait_until(lambda: original.status()["role"] == "replica" and original.status()["state"] == "ready",
               what="it follows")
    assert original.status()["problem"] is None
    replica.wait_ready()


def test_a_replicas_data_cannot_be_started_as_a_primary(pair):
    pair.replica.stop()
    pair.replica.role, pair.replica.primary = "primary", None
    pair.replica.start()
    wait_until(lambda: pair.replica.status()["problem"], what="it has a problem")
    assert "not the last one to reign" in pair.replica.status()["problem"]
