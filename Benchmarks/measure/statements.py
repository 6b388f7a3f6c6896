"""Prepared statements that only read, one a round trip: what the protocol costs beside PostgreSQL's."""

import re

from . import machine
from .markdown import median, show, table, times
from .place import say
from .postgres import PostgresPair
from .psql import client_folder
from .sysbench import Cost
from .tandem import TandemPair

STATEMENTS = {
    "SELECT 1": "SELECT 1;\n",
    "SELECT by primary key": "\\set id random(1, {rows})\nSELECT title FROM book100k WHERE id = :id;\n",
}
CLIENTS = (1, 32)
# Each round is so many short ones: where the system lets a lone client and its server run makes more of a difference than
# either server, and stays so for a while.
TURNS = 5


def measure(place, settings, pairs, add):
    peers = [pair for pair in pairs if type(pair) in (TandemPair, PostgresPair)]
    for pair in peers:
        pair.configure(pair.configurations()[0].key)
    for turn in range(settings.rounds * TURNS):
        for what, script in STATEMENTS.items():
            file = place.folder / "statement.sql"
            file.write_text(script.format(rows=settings.filled_rows))
            for clients in CLIENTS:
                machine.wait_for_quiet(settings.quiet)
                shift = turn % len(peers)
                for pair in peers[shift:] + peers[:shift]:
                    row = run(place, pair, file, clients, settings.seconds / TURNS)
                    add("statements", name=pair.name, what=what, clients=clients, round=turn, **row)
                    say(f"{pair.name:24} {what}, {clients:2} clients  {row['rate']:9,.0f}/s  primary "
                        f"{row['primary_us']:5.1f} µs  others {row['others']:.0f} %")


def run(place, pair, file, clients, seconds):
    cost = Cost(pair, place.folder)
    output = place.run([str(client_folder() / "pgbench"), "-n", "-M", "prepared", "-f", str(file), "-c", str(clients), "-j",
                        str(min(clients, 2)), "-T", f"{max(1, round(seconds))}", "-h", "127.0.0.1", "-p",
                        str(pair.primary_port), "-U", "bench", "bench"])
    count = int(found(output, r"actually processed: (\d+)"))
    return {"rate": found(output, r"tps = ([\d.]+)"), "latency": found(output, r"latency average = ([\d.]+)")} | cost.per(count)


def found(output, pattern):
    match = re.search(pattern, output)
    if not match:
        raise RuntimeError(f"pgbench did not say '{pattern}':\n{output[-2000:]}")
    return float(match[1])


def ratio(rows, what, clients):
    """The median of the rounds' ratios of statements a second, Tandem's to PostgreSQL's."""
    ours, theirs = ({row["round"]: row["rate"] for row in rows if row["what"] == what and row["clients"] == clients
                     and row["name"] == name} for name in (TandemPair.name, PostgresPair.name))
    return median([ours[turn] / theirs[turn] for turn in ours if theirs.get(turn)])


def section(rows):
    if not rows:
        return ""
    lines = []
    for what in STATEMENTS:
        for clients in CLIENTS:
            cells = [f"{what}, {clients} client{'s' if clients > 1 else ''}"]
            for name in (TandemPair.name, PostgresPair.name):
                here = [row for row in rows if row["what"] == what and row["clients"] == clients and row["name"] == name]
                cells += [show(median([row[field] for row in here]), digits)
                          for field, digits in (("rate", 0), ("latency", 3), ("primary_us", 1))]
            lines.append(cells + [times(ratio(rows, what, clients))])
    return "\n".join([
        "## Statements that read\n", HOW,
        table(["", "Tandem /s", "ms", "µs of CPU", "PostgreSQL /s", "ms", "µs of CPU", "rate ÷ PostgreSQL"], lines)])


HOW = """\
On the primary, by pgbench with prepared statements: each is bound, executed and synced in one round trip. The processor
time is the server's; the rate's ratio is the median of turns of a second. PostgreSQL has a process for each connection, Tandem an event loop for each processor, which runs
brief statements itself.
"""
