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
        super().__init__()
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


def test_acknowledged_writes_survive_kills_of_either_node_or_both(make_pair, seed):
    random_source = random.Random(seed)
    pair = make_pair().start()
    with pair.primary.connect() as connection:
        connection.execute(
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, client INT, number INT, UNIQUE (client, number))")

    acknowledged, attempted, firsts = set(), set(), [0] * CLIENTS
    for round_number in range(ROUNDS):
        clients = [Client(pair, number, firsts[number]) for number in range(CLIENTS)]
        for client in clients:
            client.start()
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
        on_primary = pair.primary.query("SELECT client, number FROM entry")
        on_replica = pair.replica.query("SELECT client, number FROM entry")
        assert len(on_primary) == len(set(on_primary)), f"round {round_number}: doubled"
        assert sorted(on_primary) == sorted(on_replica), f"round {round_number}: primary and replica differ"
        assert acknowledged <= set(on_primary), f"round {round_number}: lost {acknowledged - set(on_primary)}"
        assert set(on_primary) <= attempted, f"round {round_number}: rows nobody wrote"
    assert len(acknowledged) > ROUNDS
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
        seen, stopping = set(), threading.Event()

        def watch():
            while not stopping.is_set():
                try:
                    with pair.replica.connect() as connection:
                        while not stopping.is_set():
                            seen.update(connection.execute("SELECT number FROM entry").fetchall())
                except (psycopg.Error, OSError):
                    pass

        watcher = threading.Thread(target=watch)
        watcher.start()
        threading.Event().wait(random_source.uniform(0.2, 0.5))
        pair.primary.kill()
        threading.Event().wait(0.1)
        stopping.set()
        watcher.join()
        pair.primary.start()
        pair.wait_ready()
        client.stopping.set()
        client.join(60)
        first = client.next
        assert seen <= set(pair.primary.query("SELECT number FROM entry"))
