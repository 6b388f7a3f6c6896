"""One sysbench run with book.lua: commits per second and latency, and what they cost."""

import itertools
import math
import os
import pathlib
import re
import time

from . import machine
from .place import Program

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "book.lua"
# Two runs that begin in the same second would otherwise draw the same numbers: updates that change nothing.
seeds = itertools.count(1)


def command(pair, mode, clients, settings, *more):
    table = "book100k" if mode == "update" else "book"
    return ["sysbench", str(SCRIPT), f"--mode={mode}", f"--table={table}", f"--rows={settings.filled_rows}",
            f"--threads={clients}", f"--rand-seed={next(seeds)}", *pair.sysbench_options(), *more, "run"]


def run(place, pair, key, mode, clients, settings):
    """For `settings.seconds`: transactions, seconds, p50, p95, p99 in milliseconds."""
    output = place.run(
        command(pair, mode, clients, settings, f"--time={settings.seconds:g}", "--histogram=on"),
        environment=pair.environment(key))
    return [number(output, r"total number of events:\s+(\d+)"), number(output, r"total time:\s+([\d.]+)s"),
            *percentiles(output)]


def load(place, pair, mode, clients, events, settings, environment=None):
    """So many transactions, however long they take; the seconds it took."""
    start = time.monotonic()
    place.run(command(pair, mode, clients, settings, "--time=0", f"--events={events}"), environment=environment)
    return time.monotonic() - start


def background(place, pair, key, clients, seconds, settings):
    """INSERTs at full speed while something else is measured."""
    return Program(place, command(pair, "insert", clients, settings, f"--time={math.ceil(seconds)}"),
                   environment=pair.environment(key))


def number(output, pattern):
    found = re.search(pattern, output)
    if not found:
        raise RuntimeError(f"sysbench did not say '{pattern}':\n{output[-2000:]}")
    return float(found[1])


def percentiles(output):
    """From the histogram, whose classes are 1.8 % wide."""
    classes = [(float(found[1]), int(found[2])) for found in re.finditer(r"^\s+([\d.]+) \|\**\s*(\d+)$", output, re.M)]
    total = sum(count for _, count in classes)
    result = []
    for part in (0.50, 0.95, 0.99):
        passed = 0
        for milliseconds, count in classes:
            passed += count
            if passed >= part * total:
                result.append(milliseconds)
                break
    return result


class Cost:
    """What a measurement costs: processor time of primary, replica and the rest, and flushes of the disk."""

    def __init__(self, pair, folder):
        self.pair = pair
        self.folder = folder
        self.before = self.read()

    def read(self):
        return {
            "time": time.monotonic(), "primary": machine.cpu_seconds(self.pair.primary.pid),
            "replica": machine.cpu_seconds(self.pair.replica.pid), "ours": machine.cpu_seconds(os.getpid()),
            "machine": machine.machine_cpu_seconds(), "flushes": machine.flushes(self.folder),
        }

    def per(self, transactions):
        after = self.read()
        used = {name: after[name] - self.before[name] for name in after if after[name] is not None}
        transactions = max(1, transactions)
        return {
            "primary_us": used["primary"] / transactions * 1e6,
            "replica_us": used["replica"] / transactions * 1e6,
            "client_us": max(0, used["ours"] - used["primary"] - used["replica"]) / transactions * 1e6,
            "flushes": used["flushes"] / transactions if "flushes" in used else None,
            "others": max(0, used["machine"] - used["ours"]) / used["time"] * 100,  # in % of one core
        }
