"""The transaction layer: what it costs by itself, and what SELECT 1 costs through it beside the raw driver."""

import json

from . import machine
from .markdown import show, table
from .mariadb import MariaDBPair
from .place import say
from .postgres import PostgresPair
from .tandem import TandemPair

TITLE = "## The transaction layer"
ENGINES = {"embedded": "Tandem embedded", "tandem": "Tandem over the wire", "postgres": "PostgreSQL",
           "mariadb": "MariaDB"}
DRIVERS = {"embedded": "GRDB", "tandem": "libpq", "postgres": "libpq", "mariadb": "libmariadb"}
BLOCKING, THREAD = "raw, blocking", "raw, own thread"
CONNECTION, STACK = "data source's connection", "whole stack"
PARTS = (BLOCKING, THREAD, CONNECTION, STACK)
TOGETHER = f"SELECT 1 of 64 tasks, {STACK}"


def measure(place, settings, pairs, add):
    servers = []
    for pair in pairs:
        if type(pair) is TandemPair:
            servers.append(f"tandem=tandem://bench@127.0.0.1:{pair.primary_port}/bench")
        elif isinstance(pair, PostgresPair):
            servers.append(f"postgres=postgresql://bench@127.0.0.1:{pair.primary_port}/bench")
        elif isinstance(pair, MariaDBPair):
            servers.append(f"mariadb=mariadb://bench:bench@127.0.0.1:{pair.primary_port}/bench")
    folder = place.folder / "layer"
    folder.mkdir()
    machine.wait_for_quiet(settings.quiet)
    output = place.run([settings.layer, str(folder), *servers], environment={"SECONDS": str(settings.seconds)})
    for line in output.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            add("layer", **row)
            say(f"{row.get('engine', ''):10} {row['what']:60} {row['wall']:9,.0f} ns  {row['cpu']:9,.0f} ns of CPU  "
                f"{row['allocations']:6.1f} allocations")


def replace_section(text, section):
    """The report with this section anew: in its place, or before what comes last."""
    start = text.find(TITLE + "\n")
    if start < 0:
        start = end = text.find("## How it was measured")
        if start < 0:
            return text.rstrip("\n") + "\n\n" + section
    else:
        end = text.find("\n## ", start) + 1 or len(text)
    return text[:start] + section + "\n" + text[end:]


def section(facts, rows):
    if not rows:
        return ""
    operations = [row for row in rows if not row.get("engine")]
    text = [TITLE + "\n", f"{facts['date']}. {facts['machine']}.\n", targets(rows), HOW_TARGETS,
            HOW_OPERATIONS,
            table(["", "wall", "CPU", "allocations", "kept", "bytes kept"], [
                [row["what"], show(row["wall"]), show(row["cpu"]), *memory(row)] for row in operations])]
    selects = [row for row in rows if row.get("engine")]
    for what in dict.fromkeys(row["what"].rpartition(", ")[0].removesuffix(", raw") for row in selects
                              if row["what"] != TOGETHER):
        text += [f"{what}:\n", selects_table(what, selects)]
    text.append(together_table(selects))
    text.append(HOW_SELECTS)
    return "\n".join(text)


def memory(row):
    return show(row["allocations"], 1), show(abs(row["kept"]), 3), show(abs(row["grownBytes"]), 2)


def selects_table(what, rows):
    lines = []
    for engine in ENGINES:
        found = {part: row for row in rows for part in PARTS if row["what"] == f"{what}, {part}"
                 and row["engine"] == engine}
        if len(found) < len(PARTS):
            continue
        stack = found[STACK]
        lines.append([f"{ENGINES[engine]} ({DRIVERS[engine]})"]
                     + [f"{found[part]['wall'] / 1000:,.1f} / {found[part]['cpu'] / 1000:,.1f}" for part in PARTS]
                     + [f"{stack['ratios'][part]:.2f}" for part in PARTS[:-1]] + list(memory(stack)))
    return table(["µs, wall / CPU", *PARTS, "stack ÷ blocking", "÷ own thread", "÷ connection", "allocations", "kept",
                  "bytes kept"], lines)


def together_table(rows):
    lines = [[f"{ENGINES[row['engine']]} ({DRIVERS[row['engine']]})", show(row["wall"] / 1000, 1), show(row["cpu"] / 1000, 1)]
             for row in rows if row["what"] == TOGETHER]
    return "SELECT 1 of 64 tasks, over ten connections:\n\n" + table(["µs a statement", "wall", "CPU"], lines) if lines else ""


def targets(rows):
    found = {(row.get("engine"), row["what"]): row for row in rows}
    lines = []

    def target(what, value, limit, unit):
        if value is not None:
            lines.append([what, f"< {limit:g} {unit}", f"{value:,.2f} {unit}", "reached" if value < limit else "missed"])

    def microseconds(what, field):
        row = found.get((None, what))
        return row and row[field] / 1000

    target("empty transaction, CPU", microseconds("empty transaction", "cpu"), 1, "µs")
    target("connection taken and given back without contention", microseconds(
        "connection taken and given back, 1 task", "wall"), 1, "µs")
    for engine, name in ENGINES.items():
        layer = found.get((None, "SELECT 1 without a server"))
        raw, thread, _, stack = (found.get((engine, f"SELECT 1, {part}")) for part in PARTS)
        more = stack and stack["more"]
        for driver, how in ((thread, "on a thread of its own"), (raw, "blocking its caller")):
            of = f"of {DRIVERS[engine]}'s time over {name}, {how}"
            target(f"the layer's own work for SELECT 1, {of}", driver and layer
                   and layer["wall"] / driver["wall"] * 100, 10, "%")
            target(f"the whole stack more than its connection alone, {of}", driver and more
                   and more / driver["wall"] * 100, 10, "%")
    # What tasks that end together have is given back when they are gone, some of it later; raw drivers are not the layer's.
    target("allocations kept after a transaction, at most of the layer's rows", max(
        row["kept"] for row in rows if row["what"] != TOGETHER and ", raw, " not in row["what"]), 0.01, "")
    return table(["what", "wanted", "measured", ""], lines)


HOW_TARGETS = """\
The layer's own work is what it takes without a server. An asynchronous program calls a driver on a thread of the driver's own;
what blocks its caller is for comparison. What the whole stack takes more in place is measured statement by statement: pairs of
one over the data source's connection and one over the whole stack on the same connection, in random order; the median of their
differences. In rounds of one and then the other, where the threads wake makes more of a difference than the layer
(Benchmarks/NOTES.md, "Where a transaction's time goes").
"""

HOW_OPERATIONS = """\
Nanoseconds of one operation, of time and of processor time; calls of malloc in it, and what is not freed after it. The
operations touch no server: the connections do nothing, and a SELECT is answered by a constant, so that what is measured is
the layer alone. The pool's maximum is 10: of 64 tasks most wait.
"""

HOW_SELECTS = """\
Each figure is the median of 201 rounds, taken in turns with the others of its row; each ratio the median of the rounds'
ratios of time. "Blocking" is a C program's way: the calling thread waits in the driver. "Own thread" is the raw driver
called as an asynchronous program must call it, on a queue of its own, with one wake-up there and one back; the data
source's connection is that with cancellation, deadlines and values, and the one that the whole stack uses. Over libpq a lone
caller waits by itself for what is answered at once, as "blocking" does. The processor time is this process's: the server's is
not in it, except for the embedded node.
"""
