"""Group commit: many clients share a flush."""

import threading

import pytest

from conftest import wait_until
from faults import FaultyDisk

CLIENTS = 64
COMMITS = 30


def commit_together(node, clients, commits):
    """All at once, each on a connection of its own, one commit after another."""
    barrier = threading.Barrier(clients)
    errors = []

    def write(client):
        try:
            with node.connect() as connection:
                barrier.wait(30)
                for number in range(commits):
                    connection.execute("INSERT INTO entry VALUES (%s, %s)", (client, number))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


@pytest.fixture
def counted(make_pair):
    """A pair, and the disks under its nodes, which count the flushes of their logs."""
    pair = make_pair()
    disks = [FaultyDisk(node, tracked="") for node in pair.nodes]
    pair.start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE entry (client INT, number INT)")
    pair.wait_level()
    yield pair, disks


def flushes(pair, disks, clients, commits):
    """How often each node flushed its log for so many commits, and how many transactions there were."""
    for disk in disks:
        disk.fail_flushes(count=0)  # Counts anew, and lets none fail.
    before = pair.primary.status()["commit_index"]
    commit_together(pair.primary, clients, commits)
    transactions = pair.primary.status()["commit_index"] - before
    pair.wait_level()
    return [disk.flushes_seen for disk in disks], transactions


def test_many_clients_share_flushes_on_both_nodes(counted):
    pair, disks = counted
    seen, transactions = flushes(pair, disks, CLIENTS, COMMITS)
    assert transactions == CLIENTS * COMMITS, "each commit is a transaction of its own in the log"
    for node, count in zip(pair.nodes, seen):
        assert 0 < count < transactions / 5, f"{node.role}: {count} flushes for {transactions} transactions"
    pair.assert_identical()


def test_a_single_client_has_a_flush_of_its_own_for_each_commit(counted):
    pair, disks = counted
    seen, transactions = flushes(pair, disks, 1, 50)
    assert transactions == 50
    for node, count in zip(pair.nodes, seen):
        assert count >= transactions, f"{node.role}: {count} flushes for {transactions} acknowledged commits"
    pair.assert_identical()
