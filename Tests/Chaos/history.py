"""What clients did and saw, and whether a group that promises what Tandem promises may have done that."""

import collections
import threading
import time

import psycopg

# A host that falls silent is given up within a few seconds.
PATIENCE = {
    "connect_timeout": 2, "tcp_user_timeout": 3000, "keepalives_idle": 1, "keepalives_interval": 1, "keepalives_count": 3}


class History:
    def __init__(self):
        self.acknowledged = collections.defaultdict(list)  # client: numbers, in the order in which they were sent
        self.doubtful = collections.defaultdict(set)
        self.refused = collections.defaultdict(set)
        self.seen = {}  # (node, client): the highest number that a reader saw
        self.times = []
        self.errors = collections.Counter()
        self.reads = 0
        self.lock = threading.Lock()

    def gaps(self):
        """Times in which no write was acknowledged, longest first."""
        times = sorted(self.times)
        return sorted((after - before for before, after in zip(times, times[1:])), reverse=True)


class Client(threading.Thread):
    """Runs steps with a connection, until it is stopped; a connection with an error is replaced."""

    def __init__(self, history, hosts, port, attributes):
        super().__init__(daemon=True)
        self.history = history
        self.options = {
            "host": ",".join(hosts), "port": ",".join(str(port) for _ in hosts), "user": "chaos", "dbname": "chaos",
            "autocommit": True, "target_session_attrs": attributes, **PATIENCE}
        self.stopping = threading.Event()

    def run(self):
        connection = None
        while not self.stopping.is_set():
            try:
                connection = connection or psycopg.connect(**self.options)
                self.step(connection)
            except psycopg.Error as error:
                self.history.errors[error.sqlstate or type(error).__name__] += 1
                if connection:
                    connection.close()
                    connection = None
                self.stopping.wait(0.05)


class Writer(Client):
    """Writes the numbers 1, 2, 3 ... under its own name, and counts them in a row of its own."""

    def __init__(self, history, name, hosts, port):
        super().__init__(history, hosts, port, "read-write")
        self.client = name
        self.number = 0

    def step(self, connection):
        self.number += 1
        number, history = self.number, self.history
        try:
            with connection.pipeline(), connection.transaction():
                connection.execute("INSERT INTO entry VALUES (%s, %s)", (self.client, number))
                connection.execute("UPDATE counter SET value = value + 1 WHERE client = %s", (self.client,))
        except psycopg.Error as error:
            nothing_happened = error.sqlstate in ("25006", "55P03", "57P03", "40001", "53100", "58030")
            (history.refused if nothing_happened else history.doubtful)[self.client].add(number)
            raise
        history.acknowledged[self.client].append(number)
        history.times.append(time.monotonic())


class Reader(Client):
    """Looks at one node, whatever that is at the moment."""

    def __init__(self, history, node, port):
        super().__init__(history, [node], port, "any")
        self.node = node

    def step(self, connection):
        rows = dict(connection.execute("SELECT client, max(number) FROM entry GROUP BY client").fetchall())
        with self.history.lock:
            self.history.reads += 1
            for client, number in rows.items():
                key = (self.node, client)
                self.history.seen[key] = max(number, self.history.seen.get(key, 0))
        self.stopping.wait(0.02)


def violations(history, rows, counters):
    """What the promises forbid, given the rows in the order of the log, and the counters, when all is over."""
    found = []
    final = collections.defaultdict(list)
    for client, number in rows:
        final[client].append(number)
    for client in set(final) | set(history.acknowledged):
        present, acknowledged = final[client], set(history.acknowledged[client])
        if len(present) != len(set(present)):
            found.append(f"{client}: doubled {sorted(n for n, c in collections.Counter(present).items() if c > 1)}")
        if lost := acknowledged - set(present):
            found.append(f"{client}: acknowledged, and lost: {sorted(lost)[:10]}")
        if ghosts := set(present) & history.refused[client]:
            found.append(f"{client}: refused, and there all the same: {sorted(ghosts)[:10]}")
        if strangers := set(present) - acknowledged - history.doubtful[client]:
            found.append(f"{client}: there, and never sent: {sorted(strangers - history.refused[client])[:10]}")
        if present != sorted(present):
            found.append(f"{client}: not in the order in which it was sent")
        if counters.get(client, 0) != len(present):
            found.append(f"{client}: {len(present)} rows, counted {counters.get(client, 0)}")
    for (node, client), number in history.seen.items():
        if number not in final[client]:
            found.append(f"{client}: {node} showed {number}, which is not there any more")
    return found
