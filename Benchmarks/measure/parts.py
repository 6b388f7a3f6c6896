"""The measurements. Each adds rows to the results: dictionaries with `part` and what was found."""

import pathlib
import signal
import time

from . import machine, sysbench
from .place import say
from .postgres import PostgresPair
from .psql import Psql, Refusal
from .tandem import EmbeddedPair, TandemPair, status

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "peers/lag.c"


class Measurements:
    def __init__(self, place, settings, pairs):
        self.place = place
        self.settings = settings
        self.pairs = pairs
        self.configurations = [configuration for pair in pairs for configuration in pair.configurations()]
        self.over_the_wire = [each for each in self.configurations if not isinstance(each.pair, EmbeddedPair)]
        self.rows = []
        self.problems = []

    def add(self, part, **row):
        self.rows.append({"part": part, **row})

    def attempt(self, what, body, *arguments):
        """A measurement that fails is missing in the report, and said; the others go on."""
        try:
            body(*arguments)
        except (RuntimeError, OSError, TimeoutError, ValueError, KeyError, StopIteration) as error:
            say(f"FAILED: {what}: {error}")
            self.problems.append(f"{what}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")

    # Commits per second and latency.

    def commits(self):
        points = [(mode, clients) for mode in ("insert", "update") for clients in self.settings.clients]
        for turn in range(self.settings.rounds):
            for mode, clients in points:
                # Neighbours in time are compared; who comes first changes from round to round.
                shift = turn % len(self.configurations)
                for each in self.configurations[shift:] + self.configurations[:shift]:
                    self.attempt(f"{each.label}, {mode}, {clients} clients", self.commits_once, each, mode, clients, turn)

    def commits_once(self, each, mode, clients, turn):
        pair = each.pair
        pair.configure(each.key)
        machine.wait_for_quiet(self.settings.quiet)
        cost = sysbench.Cost(pair, self.place.folder)
        if isinstance(pair, EmbeddedPair):
            count, seconds, *times = pair.measure(mode, clients, self.settings.seconds)
        else:
            count, seconds, *times = sysbench.run(self.place, pair, each.key, mode, clients, self.settings)
        costs = cost.per(count)
        start = time.monotonic()
        pair.wait_level()
        behind = time.monotonic() - start
        row = dict(zip(("p50", "p95", "p99"), times)) | costs
        self.add("commits", configuration=each.key, mode=mode, clients=clients, round=turn, rate=count / seconds,
                 behind=behind, **row)
        say(f"{each.label:24} {mode} {clients:3} clients  {count / seconds:7,.0f}/s  p50 {times[0]:.2f} ms  "
            f"p99 {times[2]:.2f} ms  others {costs['others']:.0f} %")

    # From the commit to the replica's reader.

    def lag(self):
        program = self.compile_lag()
        for turn in range(self.settings.rounds):
            for each in self.over_the_wire:
                self.attempt(f"{each.label}, lag when idle", self.lag_once, program, each, turn, False)
                self.attempt(f"{each.label}, lag under load", self.lag_once, program, each, turn, True)

    def compile_lag(self):
        program = str(self.place.folder / "lag")
        flags = self.place.run(["pg_config", "--includedir"]).split()
        flags = [f"-I{flags[0]}", *self.place.run(["mariadb_config", "--include"]).split()]
        self.place.run(["gcc", "-O2", "-Wall", "-o", program, str(SOURCE), *flags, "-lmariadb", "-lpq", "-lpthread"])
        return program

    def lag_once(self, program, each, turn, loaded):
        pair = each.pair
        pair.configure(each.key)
        machine.wait_for_quiet(self.settings.quiet)
        ports = [str(pair.primary_port), str(pair.replica_port)]
        rate = None
        if loaded:
            seconds = self.settings.load_seconds
            load = sysbench.background(self.place, pair, each.key, self.settings.lag_clients, seconds + 2, self.settings)
            try:
                time.sleep(1)  # The load has begun before the first probe, and goes on after the last.
                probes = [str(int(seconds * 50)), "20000", "200", str(seconds)]
                output = self.place.run([program, pair.lag_driver, *ports, *probes],
                                        environment=pair.environment(each.key))
            except BaseException:
                load.process.send_signal(signal.SIGKILL)
                load.process.wait()
                raise
            rate = sysbench.number(load.wait(), r"transactions:.*\(([\d.]+) per sec")
        else:
            output = self.place.run([program, pair.lag_driver, *ports, str(self.settings.idle_probes), "10000", "0"],
                                    environment=pair.environment(each.key))
        pair.wait_level()
        for line in output.splitlines():
            name, *numbers = line.split("\t")
            if name in ("ack", "lag", "visible", "poll"):
                _, p50, p95, p99, maximum = (float(number) / 1000 for number in numbers)
                self.add("lag", configuration=each.key, loaded=loaded, round=turn, what=name, p50=p50, p95=p95, p99=p99,
                         maximum=maximum, rate=rate)
                if name == "lag":
                    say(f"{each.label:24} lag {'loaded' if loaded else 'idle'}  p50 {p50:.2f} ms  p99 {p99:.2f} ms")

    # Bytes of log a row.

    def bytes(self):
        for pair in self.pairs:
            if not isinstance(pair, EmbeddedPair):
                self.attempt(f"{pair.name}, bytes", self.bytes_of, pair)

    def bytes_of(self, pair):
        many = 5_000 if self.settings.quick else 20_000
        # The updates run twice: the first pass after a checkpoint costs PostgreSQL whole pages.
        for label, mode, clients, events in (
            ("INSERT, 1 client", "insert", 1, many // 10), ("INSERT, 64 clients", "insert", 64, many),
            ("", "update", 64, many), ("UPDATE, 64 clients", "update", 64, many),
        ):
            before = pair.log_bytes()
            sysbench.load(self.place, pair, mode, clients, events, self.settings)
            pair.wait_level()
            size = (pair.log_bytes() - before) / events
            if label:
                self.add("bytes", name=pair.name, label=label, size=size)
                say(f"{pair.name:24} {label}: {size:.0f} bytes of log a row")

    # Memory.

    def memory_at_rest(self, when):
        time.sleep(2)
        for pair in self.pairs:
            for role, server in (("primary", pair.primary), ("replica", pair.replica)):
                label = pair.configurations()[0].label if pair.name == "Tandem" else pair.name
                self.add("memory", name=label, role=role, when=when, resident=machine.resident(server.pid),
                         proportional=machine.proportional(server.pid))

    def memory_of_large_transaction(self, pair):
        for server in (pair.primary, pair.replica):
            machine.reset_peak(server.pid)
        committed, level = pair.load_large(self.settings.large_rows)
        for role, server in (("primary", pair.primary), ("replica", pair.replica)):
            self.add("large", role=role, peak=machine.peak(server.pid), rows=self.settings.large_rows,
                     committed=committed, level=level)
            say(f"Tandem {role}: {machine.peak(server.pid):.0f} MB at most in a transaction of "
                f"{self.settings.large_rows:,} rows")

    # A replica that catches up.

    def catchup(self):
        for pair in self.pairs:
            if isinstance(pair, EmbeddedPair):
                continue
            if isinstance(pair, TandemPair):
                body = self.tandem_catches_up
            else:
                body = self.postgres_catches_up if isinstance(pair, PostgresPair) else self.mariadb_catches_up
            for turn in range(self.settings.rounds):
                self.attempt(f"{pair.name}, catching up", body, pair, turn)

    def add_catchup(self, name, how, rows, seconds):
        self.add("catchup", name=name, how=how, rows=rows, seconds=seconds, rate=rows / seconds)
        say(f"{name:24} {how}: {rows / seconds:,.0f} transactions a second")

    def tandem_catches_up(self, main, turn):
        """A pair of its own, without acknowledgements; its replica is started again when the rows are there."""
        rows = self.settings.catchup_rows
        pair = TandemPair(self.place, self.settings, folder=f"catchup{turn}", acknowledgements=0)
        try:
            pair.set_up(filled_rows=0)
            pair.replica.stop()
            sysbench.load(self.place, pair, "insert", 64, rows, self.settings)
            machine.wait_for_quiet(self.settings.quiet)
            start = time.monotonic()
            pair.start_replica()
            self.record_catchup(pair, start, rows)
        finally:
            for server in (pair.replica, pair.primary):
                server.stop()

    def record_catchup(self, pair, start, rows):
        """Watches what is on the replica's disk and what its readers see; it streams and applies at the same time."""
        with Psql(pair.primary_port) as psql:
            last = int(status(psql)["last_index"])
        psql = self.connect(pair)
        samples = []  # (time, whether all is flushed, rows seen by a reader)
        with psql:
            while not samples or samples[-1][2] < rows:
                if time.monotonic() > start + 600:
                    raise TimeoutError(f"after 600 s the replica showed {samples[-1][2]} of {rows} rows")
                is_flushed = int(status(psql)["flushed_index"]) >= last
                samples.append((time.monotonic(), is_flushed, self.newest(psql)))
                time.sleep(0.005)
            if (count := int(psql.value("SELECT count(*) FROM book"))) != rows:
                raise RuntimeError(f"the replica has {count} rows instead of {rows}")
        end = samples[-1][0]
        self.add_catchup("Tandem", "started, streamed and applied", rows, end - start)
        # From the last moment at which a reader saw nothing of the load.
        begun = next(number for number, sample in enumerate(samples) if sample[2] > 0)
        moment, _, seen = samples[max(0, begun - 1)]
        if end > moment:
            self.add_catchup("Tandem", "streamed and applied, without the start", rows - seen, end - moment)
        streamed = next((sample for sample in samples if sample[1]), samples[-1])
        self.add("streamed", seconds=streamed[0] - start, end=end - start)

    @staticmethod
    def connect(pair):
        """As soon as the replica answers."""
        while True:
            pair.check()
            psql = Psql(pair.replica_port)
            try:
                status(psql)
                return psql
            except ConnectionError:
                psql.close()

    @staticmethod
    def newest(psql):
        try:
            return int(psql.value("SELECT coalesce(max(id), 0) FROM book"))
        except Refusal:
            return 0  # It does not serve readers yet.

    def postgres_catches_up(self, pair, turn):
        rows = self.settings.catchup_rows
        off = pair.environment("off")
        with Psql(pair.replica_port) as psql:
            psql.lines("SELECT pg_wal_replay_pause()")
        sysbench.load(self.place, pair, "insert", 64, rows, self.settings, off)
        pair.wait_streamed()
        machine.wait_for_quiet(self.settings.quiet)
        with Psql(pair.replica_port) as psql:
            start = time.monotonic()
            psql.lines("SELECT pg_wal_replay_resume()")
        pair.wait_level()
        self.add_catchup(pair.name, "replayed what was streamed before", rows, time.monotonic() - start)
        pair.replica.stop()
        sysbench.load(self.place, pair, "insert", 64, rows, self.settings, off)
        machine.wait_for_quiet(self.settings.quiet)
        start = time.monotonic()
        pair.start_replica()
        pair.wait_level()
        self.add_catchup(pair.name, "started, streamed and replayed", rows, time.monotonic() - start)

    def mariadb_catches_up(self, pair, turn):
        rows = self.settings.catchup_rows // 5  # It is slower by far.
        pair.configure("asynchronous")
        pair.on_replica("STOP SLAVE")
        pair.flush_less(True)
        sysbench.load(self.place, pair, "insert", 32, rows, self.settings)
        pair.flush_less(False)
        machine.wait_for_quiet(self.settings.quiet)
        start = time.monotonic()
        pair.on_replica("START SLAVE")
        pair.wait_level()
        self.add_catchup(pair.name, "streamed and applied", rows, time.monotonic() - start)
