"""A group on hosts of its own, clients that read and write, and everything that goes wrong; then the books are checked.

    chaos.py [--seconds 600] [--seed N] [--keep FOLDER]

Needs root (network namespaces, tmpfs). The seed decides what goes wrong; when it does is up to the machine.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "Integration"))

import psycopg  # noqa: E402

from clock import Clock  # noqa: E402
from conftest import TANDEM, Node, wait_until  # noqa: E402
from etcd import Etcd  # noqa: E402
from history import History, Reader, Writer, violations  # noqa: E402
from network import Network  # noqa: E402

PORT = 7432
NODES = ["n1", "n2", "n3"]
LEASE = 2
# SQLite's write-ahead log alone may take twice 64 MiB.
DISK = 320 << 20


class Host(Node):
    """A node on a host and a disk of its own."""

    def __init__(self, folder, name, network, options, primary=None):
        super().__init__(folder, "replica" if primary else "primary", None, options)
        self.name, self.network, self.port = name, network, PORT
        self.address = network.address(name)
        self.leader = primary
        self.disk = folder / "disk"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(self.disk)], check=True)
        self.data = self.disk / "data"
        self.clock = Clock(folder / "clock")
        self.environment = self.clock.environment

    def command(self):
        command = [TANDEM, self.role, "--data", str(self.data), "--listen", f"{self.address}:{PORT}", "--insecure"]
        if self.leader:
            command += ["--primary", f"{self.leader.address}:{PORT}"]
        return self.network.command(self.name, *command, *self.options)

    def connect(self, **options):
        return psycopg.connect(
            host=self.address, port=PORT, user="chaos", dbname="chaos", autocommit=True, connect_timeout=2, **options)

    def fill(self):
        """The disk is full."""
        try:
            with open(self.disk / "filler", "wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(1 << 20))
        except OSError:
            pass

    def empty(self):
        (self.disk / "filler").unlink(missing_ok=True)

    def close(self):
        self.kill()
        subprocess.run(["umount", str(self.disk)], capture_output=True)


class Chaos:
    """What goes wrong, one thing after the other and several at a time."""

    def __init__(self, group, seed):
        self.group = group
        self.random = random.Random(seed)
        self.counts = {}
        self.repairs = []  # (when, what)
        self.paused = set()
        self.faults = [
            (4, self.kill), (4, self.pause), (3, self.isolate), (3, self.cut_a_link), (2, self.cut_one_way),
            (2, self.cut_from_the_store), (1, self.kill_all), (1, self.pause_the_store), (1, self.fill_a_disk),
            (2, self.switch_over),
            (2, self.set_a_clock), (3, self.slow_a_line)]

    def later(self, seconds, repair):
        self.repairs.append((time.monotonic() + seconds, repair))

    def run(self, seconds):
        end = time.monotonic() + seconds
        due = time.monotonic()
        while time.monotonic() < end:
            for repair in [repair for repair in self.repairs if repair[0] <= time.monotonic()]:
                self.repairs.remove(repair)
                repair[1]()
            self.group.restart_what_failed()
            if time.monotonic() >= due:
                weights, faults = zip(*self.faults)
                fault = self.random.choices(faults, weights)[0]
                fault()
                self.counts[fault.__name__] = self.counts.get(fault.__name__, 0) + 1
                due = time.monotonic() + self.random.uniform(1, 5)
            time.sleep(0.05)
        for _, repair in self.repairs:
            repair()

    def some(self):
        return self.random.choice(self.group.nodes)

    def kill(self):
        node = self.some()
        if node.process and node not in self.paused:
            node.kill()
            self.later(self.random.uniform(0, 5), lambda: self.group.start(node))

    def kill_all(self):
        for node in self.group.nodes:
            if node.process and node not in self.paused:
                node.kill()
                self.later(self.random.uniform(0, 3), lambda node=node: self.group.start(node))

    def pause(self):
        node = self.some()
        if not node.process or node in self.paused:
            return
        node.pause()
        self.paused.add(node)

        def resume():
            node.resume()
            self.paused.discard(node)

        self.later(self.random.uniform(0.2, 6), resume)

    def isolate(self):
        self.group.network.isolate(self.some().name)
        self.later(self.random.uniform(0.5, 6), self.group.network.mend)

    def cut_a_link(self):
        one, other = self.random.sample(NODES, 2)
        self.group.network.cut(one, other)
        self.group.network.cut(other, one)
        self.later(self.random.uniform(0.5, 6), self.group.network.mend)

    def cut_one_way(self):
        self.group.network.cut(*self.random.sample(NODES, 2))
        self.later(self.random.uniform(0.5, 6), self.group.network.mend)

    def cut_from_the_store(self):
        self.group.network.cut(self.some().name, "etcd")
        self.later(self.random.uniform(0.5, 6), self.group.network.mend)

    def slow_a_line(self):
        """As by a bad line: everything comes late, and little at a time."""
        name = self.random.choice([*NODES, "etcd"])
        self.group.network.slow(
            name, delay=self.random.uniform(0.05, 0.3), spread=self.random.uniform(0, 0.2),
            rate=self.random.choice([20_000, 200_000, 2_000_000]))
        self.later(self.random.uniform(2, 8), lambda: self.group.network.hasten(name))

    def pause_the_store(self):
        self.group.etcd.pause()
        self.later(self.random.uniform(0.5, 4), self.group.etcd.resume)

    def fill_a_disk(self):
        node = self.some()
        node.fill()
        self.later(self.random.uniform(0.5, 3), node.empty)

    def set_a_clock(self):
        self.some().clock.set(self.random.choice([-86400, -3600, -30, -1, 0, 1, 30, 3600, 86400]))

    def switch_over(self):
        target = self.some()
        for node in self.group.nodes:
            subprocess.Popen(
                [TANDEM, "switch-over", "--url", f"{node.address}:{PORT}", "--to", f"{target.address}:{PORT}"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Store(Etcd):
    """etcd on a host of its own."""

    def __init__(self, folder, network):
        super().__init__(folder, host=network.address("etcd"), prefix=network.command("etcd"))


class Group:
    def __init__(self, folder):
        self.network = Network([*NODES, "etcd"])
        (folder / "etcd").mkdir()
        self.etcd = Store(folder / "etcd", self.network)
        self.nodes = []
        self.next_look = 0
        for name in NODES:
            options = [
                "--failover", f"etcd://{self.etcd.host}:{self.etcd.port}/chaos", "--failover-lease", f"{LEASE}s",
                "--replication-timeout", "2s", "--commit-timeout", "5s", "--segment-size", str(1 << 20),
                "--log-keep-size", "8MiB"]
            folder_of_node = folder / name
            folder_of_node.mkdir()
            self.nodes.append(
                Host(folder_of_node, name, self.network, options, self.nodes[0] if self.nodes else None))

    def start(self, node=None):
        for each in [node] if node else self.nodes:
            if not each.process:
                each.start()

    def restart_what_failed(self):
        """An operator starts again what has ended by itself, or has failed, once its disk has room."""
        if time.monotonic() < self.next_look:
            return
        self.next_look = time.monotonic() + 2
        for node in self.nodes:
            if not node.process or (node.disk / "filler").exists():
                continue
            if node.process.poll() is not None:
                node.process = None
                node.start()
                continue
            try:
                if node.status()["state"] == "failed":
                    node.kill()
                    node.start()
            except (psycopg.Error, OSError):
                pass

    def wait_level(self):
        """Mended: one primary, and everybody shows what it has committed."""
        def level():
            self.restart_what_failed()
            statuses = [node.status() for node in self.nodes]
            return (sum(status["role"] == "primary" for status in statuses) == 1
                    and all(status["state"] == "ready" for status in statuses)
                    and len({status["applied_index"] for status in statuses}) == 1)
        self.wait(level, "all nodes level")

    def wait(self, condition, what):
        try:
            wait_until(condition, 90, what)
        except AssertionError:
            self.tell()
            raise

    def tell(self):
        """Where the nodes stand, for who looks for the reason."""
        for node in self.nodes:
            print(subprocess.run(["du", "-ah", str(node.disk)], capture_output=True, text=True).stdout)
            print(subprocess.run(["df", "-h", str(node.disk)], capture_output=True, text=True).stdout)
            print(node.name, node.process and node.process.poll(), node.text()[-3000:])
            try:
                print(node.status())
            except (psycopg.Error, OSError) as error:
                print(error)

    def close(self):
        for node in self.nodes:
            node.close()
        self.etcd.kill()
        self.network.close()


def run(folder, seconds, seed):
    group = Group(folder)
    try:
        group.etcd.start()
        group.start()
        group.nodes[0].wait_ready()
        with group.nodes[0].connect() as connection:
            connection.execute("CREATE TABLE entry (client TEXT, number INTEGER)")
            connection.execute("CREATE TABLE counter (client TEXT PRIMARY KEY, value INTEGER)")
            for number in range(6):
                connection.execute("INSERT INTO counter VALUES (%s, 0)", (f"c{number}",))
        history = History()
        hosts = [node.address for node in group.nodes]
        clients = [Writer(history, f"c{number}", hosts, PORT) for number in range(6)]
        clients += [Reader(history, host, PORT) for host in hosts]
        for client in clients:
            client.start()
        chaos = Chaos(group, seed)
        chaos.run(seconds)
        group.network.mend()
        group.start()
        count = len(history.times)

        def writes():
            group.restart_what_failed()
            return len(history.times) > count + 50

        group.wait(writes, "writes after all is mended")
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(30)
        group.wait_level()
        rows = group.nodes[0].query("SELECT client, number FROM entry ORDER BY rowid")
        counters = dict(group.nodes[0].query("SELECT client, value FROM counter"))
        found = violations(history, rows, counters)
        for node in group.nodes:
            node.stop()
        dumps = [node.dump() for node in group.nodes]
        if any(dump != dumps[0] for dump in dumps):
            found.append("the nodes' databases differ")
        return report(seed, seconds, chaos, history, len(rows), found)
    finally:
        group.close()


def report(seed, seconds, chaos, history, rows, found):
    return {
        "seed": seed, "seconds": seconds, "faults": chaos.counts, "faults_total": sum(chaos.counts.values()),
        "slow_lines_by": "tc netem" if chaos.group.network.has_netem else "a process",
        "acknowledged": sum(map(len, history.acknowledged.values())),
        "in_doubt": sum(map(len, history.doubtful.values())), "refused": sum(map(len, history.refused.values())),
        "rows": rows, "reads": history.reads, "errors": dict(history.errors),
        "longest_without_writes": [round(gap, 2) for gap in history.gaps()[:5]], "violations": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--keep", help="a folder for the nodes' logs; a temporary one unless given")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(arguments.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        result = run(folder, arguments.seconds, arguments.seed)
    print(json.dumps(result, indent=2))
    sys.exit(1 if result["violations"] else 0)


if __name__ == "__main__":
    main()
