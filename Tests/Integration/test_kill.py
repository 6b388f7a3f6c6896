"""Load from eight clients while nodes are killed with -9: nothing acknowledged is lost, nothing doubled."""

import os
import random
import threading

import psycopg

ROUNDS = int(os.environ.get("TANDEM_KILL_ROUNDS", "30"))
CLIENTS = 8


class Client(threading.Thread):
    """Inserts (client, number) one after another and notes what was acknowledged and what was in doubt."""

    def __init__(self, pair, number, first):
        super().__init__(daemon=True)
        self.pair, self.number, self.next = pair, number, first
        self.acknowledged, self.attempted = [], []
        self.stopping = threading.Event()

    def run(self):
        connection = None
        while not self.stopping.is_set():
            try:
                if connection is None:
                    connection = self.pair.primary.connect()
                self.attempted.append(self.next)
                value, self.next = self.next, self.next + 1
                connection.execute(
                    "INSERT INTO entry (client, number) VALUES (%s, %s)", (self.number, value))
                self.acknowledged.append(value)
            except (psycopg.Error, OSError):
                if connection is not None:
                    connection.close()
                connection = None
                self.stopping.wait(0.02)
        if connection is not None:
            connection.close()


class Watcher(threading.Thread):
    """Reads from a replica and notes every row that it has ever shown."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.last, self.seen = node, 0, set()
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            try:
                with self.node.connect() as connection:
                    while not self.stopping.wait(0.002):
                        rows = connection.execute(
                            "SELECT id, client, number FROM entry WHERE id > %s ORDER BY id", (self.last,)).fetchall()
                        self.seen.update(rows)
                        self.last = rows[-1][0] if rows else self.last
            except (psycopg.Error, OSError):
                self.stopping.wait(0.02)

    def stop(self):
        self.stopping.set()
        self.join(60)
        assert not self.is_alive()
        return self.seen


def test_acknowledged_writes_survive_kills_of_either_node_or_both(make_pair, seed):
    random_source = random.Random(seed)
    pair = make_pair().start()
    with pair.primary.connect() as connection:
        connection.execute(
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, client INT, number INT, UNIQUE (client, number))")

    acknowledged, attempted, shown, firsts = set(), set(), set(), [0] * CLIENTS
    for round_number in range(ROUNDS):
        clients = [Client(pair, number, firsts[number]) for number in range(CLIENTS)]
        watcher = Watcher(pair.replica)
        for thread in (watcher, *clients):
            thread.start()
        threading.Event().wait(random_source.uniform(0.1, 0.8))
        victims = random_source.choice([[pair.primary], [pair.replica], [pair.primary, pair.replica]])
        random_source.shuffle(victims)
        for victim in victims:
            victim.kill()
        threading.Event().wait(random_source.uniform(0, 0.2))
        random_source.shuffle(victims)
        for victim in victims:
            victim.start()
        pair.wait_ready()
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(60)
            assert not client.is_alive(), f"round {round_number}: a client hangs"
            firsts[client.number] = client.next
            acknowledged |= {(client.number, value) for value in client.acknowledged}
            attempted |= {(client.number, value) for value in client.attempted}

        pair.wait_level()
        shown |= watcher.stop()
        rows, on_replica = (set(node.query("SELECT id, client, number FROM entry")) for node in pair.nodes)
        written = {(client, number) for _, client, number in rows}
        assert len(rows) == len(written), f"round {round_number}: doubled"
        assert rows == on_replica, f"round {round_number}: primary and replica differ"
        assert acknowledged <= written, f"round {round_number}: lost {acknowledged - written}"
        assert written <= attempted, f"round {round_number}: rows nobody wrote"
        assert shown <= rows, f"round {round_number}: the replica has shown what is gone: {shown - rows}"
    assert len(acknowledged) > ROUNDS and len(shown) > ROUNDS
    pair.assert_identical()


def test_a_replica_never_shows_what_the_primary_does_not_have_after_recovery(make_pair, seed):
    random_source = random.Random(seed)
    pair = make_pair().start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, client INT, number INT)")
    first = 0
    for _ in range(5):
        client = Client(pair, 0, first)
        client.start()
        watcher = Watcher(pair.replica)
        watcher.start()
        threading.Event().wait(random_source.uniform(0.2, 0.5))
        pair.primary.kill()
        threading.Event().wait(0.1)
        seen = watcher.stop()
        pair.primary.start()
        pair.wait_ready()
        client.stopping.set()
        client.join(60)
        first = client.next
        assert seen <= set(pair.primary.query("SELECT id, client, number FROM entry"))
