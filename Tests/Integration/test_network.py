"""Connections that are cut, frozen, or lose what was on its way: nothing acknowledged is lost, nothing is applied twice,
and no commit hangs once the nodes can reach one another again."""

import random
import threading

import psycopg
import pytest

from conftest import wait_until
from proxy import ACKNOWLEDGEMENT, COMMAND_COMPLETE, KEEPALIVE, RECORDS, START_REPLICATION, Do, Proxy

REFUSED, TERMINATE = b"dx", b"X"
CLIENTS = 8


@pytest.fixture
def proxied(make_pair):
    """A ready pair with a table `entry`, and the only way from its replica to its primary."""
    pair = make_pair(replica_options=["--replication-timeout", "1s"])
    with Proxy(pair.primary.port) as proxy:
        pair.primary.options += ["--replication-timeout", "1s", "--advertise", f"127.0.0.1:{proxy.port}"]
        pair.replica.primary = proxy
        pair.start()
        with pair.primary.connect() as connection:
            connection.execute("CREATE TABLE entry (client INT, number INT)")
        pair.wait_level()
        yield pair, proxy


class Insert(threading.Thread):
    """One row, on a connection of its own."""

    def __init__(self, node, number, **options):
        super().__init__(daemon=True)
        self.notices, self.error = [], None
        self.number = number
        self.connection = node.connect(**options)
        self.connection.add_notice_handler(
            lambda notice: self.notices.append((notice.message_primary, notice.message_detail)))
        self.start()

    def run(self):
        try:
            with self.connection:
                self.connection.execute("INSERT INTO entry VALUES (0, %s)", (self.number,))
        except psycopg.Error as error:
            self.error = error

    def wait(self, timeout=30):
        self.join(timeout)
        assert not self.is_alive(), "the commit hangs"
        return self

    def acknowledged(self):
        self.wait()
        assert self.error is None, self.error
        return self


def once(action, kind, count=1):
    """A rule for the next `count` frames of a kind, and the list of those it met."""
    met = []

    def rule(frame):
        if frame.is_a(kind) and len(met) < count:
            met.append(frame)
            return action
        return Do.FORWARD

    return rule, met


def rows(node):
    return sorted(node.query("SELECT client, number FROM entry"))


def assert_rows(pair, expected):
    """Each of them once, on both sides."""
    pair.wait_level()
    for node in pair.nodes:
        assert rows(node) == sorted(expected)
    pair.assert_identical()


def test_a_replica_behind_a_slow_line_gets_everything_without_being_given_up(proxied):
    pair, proxy = proxied
    before = proxy.connections
    proxy.rate = 250_000
    with pair.primary.connect() as connection:
        connection.execute(
            "INSERT INTO entry WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
            "SELECT i, hex(randomblob(2500)) FROM n")
    pair.wait_level()
    # It took several times what may pass in silence.
    assert proxy.connections == before, pair.replica.text()[-2000:]
    proxy.rate = None
    assert pair.replica.query("SELECT count(*) FROM entry") == [(300,)]


def test_an_acknowledgement_that_is_lost_is_made_good_by_the_next(proxied):
    pair, proxy = proxied
    before = proxy.connections
    proxy.rule, lost = once(Do.DROP, ACKNOWLEDGEMENT)
    Insert(pair.primary, 1).acknowledged()
    assert lost and proxy.connections == before
    assert_rows(pair, [(0, 1)])


def test_a_connection_that_loses_every_acknowledgement_is_given_up(proxied):
    pair, proxy = proxied
    before = proxy.connections
    proxy.rule = lambda frame: (
        Do.DROP if frame.is_a(ACKNOWLEDGEMENT) and frame.connection < before else Do.FORWARD)
    Insert(pair.primary, 1).acknowledged()
    assert proxy.connections > before
    assert "silent for too long" in pair.primary.text()
    assert_rows(pair, [(0, 1)])


@pytest.mark.parametrize("action", [Do.CUT, Do.CUT_INSIDE], ids=["in front of", "inside"])
@pytest.mark.parametrize(
    "kind", [RECORDS, ACKNOWLEDGEMENT, KEEPALIVE, START_REPLICATION],
    ids=["records", "acknowledgement", "keepalive", "connect"])
def test_a_connection_cut_at_a_frame_goes_on_where_it_was(proxied, kind, action):
    pair, proxy = proxied
    proxy.rule, met = once(action, kind)
    if kind is START_REPLICATION:
        proxy.cut()
    for number in range(5):
        Insert(pair.primary, number).acknowledged()
    wait_until(lambda: met, what="the connection was cut")
    Insert(pair.primary, 5).acknowledged()
    assert_rows(pair, [(0, number) for number in range(6)])


def test_connections_cut_at_random_under_load_lose_nothing_and_double_nothing(proxied, seed):
    pair, proxy = proxied
    source = random.Random(seed)
    done = []

    def rule(frame):
        if source.random() > 0.03:
            return Do.FORWARD
        choices = [Do.CUT, Do.CUT_INSIDE] + [Do.DROP] * frame.is_a(ACKNOWLEDGEMENT) + [Do.FREEZE] * (len(done) % 8 == 7)
        done.append(source.choice(choices))
        return done[-1]

    def write(client):
        with pair.primary.connect() as connection:
            for number in range(60):
                connection.execute("INSERT INTO entry VALUES (%s, %s)", (client, number))

    proxy.rule = rule
    writers = [threading.Thread(target=write, args=(client,), daemon=True) for client in range(1, CLIENTS + 1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(90)
        assert not writer.is_alive(), f"a client hangs after {done}"
    proxy.rule = None
    assert len(done) > 3
    assert_rows(pair, [(client, number) for client in range(1, CLIENTS + 1) for number in range(60)])


def test_a_half_open_connection_is_replaced_and_what_comes_late_on_it_does_no_harm(proxied):
    pair, proxy = proxied
    proxy.accepts = False
    proxy.freeze()
    insert = Insert(pair.primary, 1)
    wait_until(lambda: insert.notices, what="the client is told that its commit waits")
    assert f"127.0.0.1:{pair.replica.port}" in insert.notices[0][0]
    assert pair.primary.status()["waiting_for"]
    assert rows(pair.primary) == rows(pair.replica) == []
    proxy.accepts = True
    insert.acknowledged()
    before = proxy.connections
    proxy.thaw()
    Insert(pair.primary, 2).acknowledged()
    assert proxy.connections == before
    assert_rows(pair, [(0, 1), (0, 2)])


def test_a_late_connect_does_not_replace_a_newer_one(proxied):
    pair, proxy = proxied
    freeze, frozen = once(Do.FREEZE, START_REPLICATION)
    answers = []

    def rule(frame):
        if frozen and frame.connection == frozen[0].connection:
            if frame.is_a(REFUSED):
                answers.append(frame)
            if frame.is_a(TERMINATE):
                return Do.HOLD  # What the replica did when it gave up comes later still.
        return freeze(frame)

    proxy.rule = rule
    proxy.cut()
    Insert(pair.primary, 1).acknowledged()
    assert frozen
    before = proxy.connections
    proxy.thaw()
    wait_until(lambda: answers, what="the late CONNECT was refused")
    Insert(pair.primary, 2).acknowledged()
    assert proxy.connections == before
    assert_rows(pair, [(0, 1), (0, 2)])


@pytest.mark.parametrize("when", ["while it waits", "with the answer"])
def test_the_outcome_of_a_commit_whose_answer_was_lost_can_be_asked_for(pair, when):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE entry (client INT, number INT)")
    pair.wait_level()
    pair.replica.kill()
    with Proxy(pair.primary.port) as proxy:
        proxy.rule, answers = once(Do.CUT, COMMAND_COMPLETE)
        insert = Insert(proxied_node(pair.primary, proxy), 1, sslmode="disable", gssencmode="disable")
        wait_until(lambda: insert.notices, what="the client is told that its commit waits")
        position = insert.notices[0][1].split()[-1]
        if when == "while it waits":
            proxy.cut()
            insert.wait()
        assert pair.primary.query("SELECT tandem_outcome(%s)", (position,)) == [("in doubt",)]
        pair.replica.start()
        insert.wait()
        assert isinstance(insert.error, psycopg.OperationalError)
        assert bool(answers) == (when == "with the answer")
    for node in pair.nodes:
        wait_until(
            lambda: node.query("SELECT tandem_outcome(%s)", (position,)) == [("committed",)],
            what=f"the {node.role} knows that it is committed")
    assert_rows(pair, [(0, 1)])


def proxied_node(node, proxy):
    """The node as it is reached through a proxy."""
    class Reached:
        @staticmethod
        def connect(**options):
            return psycopg.connect(
                host="127.0.0.1", port=proxy.port, user="test", dbname="test", autocommit=True, **options)
    return Reached
