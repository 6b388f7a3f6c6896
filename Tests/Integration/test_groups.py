"""Group commit: many clients share a flush."""

import os
import socket
import struct
import threading

import pytest
from psycopg import pq

from faults import FaultyDisk

CLIENTS = 64
COMMITS = 30


def autocommit(connection, client, number):
    connection.execute("INSERT INTO entry VALUES (%s, %s)", (client, number))


def message(kind, content):
    return kind + struct.pack("!i", 4 + len(content)) + content


def extended(statement):
    """Parse, Bind and Execute of a statement without parameters."""
    return (message(b"P", b"\0" + statement.encode() + b"\0\0\0") + message(b"B", bytes(8))
            + message(b"E", bytes(5)))


def pipelined_to_its_commit(connection, client, number):
    """In one send: psycopg's own pipelines send statement by statement, and PQgetResult lets no other thread run."""
    values = [f"INSERT INTO entry VALUES ({client}, {2 * number + part})" for part in range(2)]
    with socket.socket(fileno=os.dup(connection.fileno())) as link:
        link.sendall(b"".join(map(extended, ["BEGIN", *values, "COMMIT"])) + message(b"S", b""))
        link.settimeout(30)
        answer = b""
        while not answer.endswith(b"Z\0\0\0\5I"):
            data = link.recv(65536)
            assert data, "the connection was closed"
            answer += data
    assert b"COMMIT\0" in answer, answer


def one_query_string(connection, client, number):
    values = f"({client}, {2 * number}); INSERT INTO entry VALUES ({client}, {2 * number + 1})"
    result = connection.pgconn.exec_(f"BEGIN; INSERT INTO entry VALUES {values}; COMMIT".encode())
    assert result.status == pq.ExecStatus.COMMAND_OK, result.error_message


def interactive(connection, client, number):
    connection.execute("BEGIN")
    for part in range(2):
        connection.execute("INSERT INTO entry VALUES (%s, %s)", (client, 2 * number + part))
    connection.execute("COMMIT")


def commit_together(node, clients, commits, transact):
    """All at once, each on a connection of its own, one commit after another."""
    barrier = threading.Barrier(clients)
    errors = []

    def write(client):
        try:
            with node.connect() as connection:
                barrier.wait(30)
                for number in range(commits):
                    transact(connection, client, number)
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


def flushes(pair, disks, clients, commits, transact=autocommit):
    """How often each node flushed its log for so many commits, and how many transactions there were."""
    for disk in disks:
        disk.fail_flushes(count=0)  # Counts anew, and lets none fail.
    before = pair.primary.status()["commit_index"]
    commit_together(pair.primary, clients, commits, transact)
    transactions = pair.primary.status()["commit_index"] - before
    pair.wait_level()
    return [disk.flushes_seen for disk in disks], transactions


@pytest.mark.parametrize("transact", [autocommit, pipelined_to_its_commit, one_query_string], ids=lambda one: one.__name__)
def test_many_clients_share_flushes_on_both_nodes(counted, transact):
    """Statements of their own, and transactions that arrive whole."""
    pair, disks = counted
    seen, transactions = flushes(pair, disks, CLIENTS, COMMITS, transact)
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


def test_interactive_transactions_begin_groups_of_their_own(counted):
    """Nobody may see what a client has not committed yet; who has arrived whole may come along behind it."""
    pair, disks = counted
    seen, transactions = flushes(pair, disks, 8, 10, interactive)
    assert transactions == 80
    for node, count in zip(pair.nodes, seen):
        assert count >= transactions, f"{node.role}: {count} flushes for {transactions} transactions"
    pair.assert_identical()
