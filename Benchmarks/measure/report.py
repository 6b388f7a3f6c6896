"""The results as Markdown: the targets, then every figure, with the ratio to each peer."""

import pathlib

from . import layer, statements
from .markdown import median, show, table, times

NOTES = pathlib.Path(__file__).resolve().parent.parent / "NOTES.md"

PEERS = ("postgres_on", "postgres_apply", "mariadb_flushed", "mariadb_default")
SHORT = {"tandem": "Tandem", "embedded": "embedded", "postgres_on": "PG on", "postgres_apply": "PG remote_apply",
         "mariadb_flushed": "MariaDB relay=1", "mariadb_default": "MariaDB default"}


class Report:
    def __init__(self, settings, facts, rows):
        self.settings = settings
        self.facts = facts
        self.rows = rows
        self.labels = facts["labels"]

    def find(self, part, **wanted):
        return [row for row in self.rows
                if row["part"] == part and all(row.get(name) == value for name, value in wanted.items())]

    def median(self, field, part, **wanted):
        return median([row[field] for row in self.find(part, **wanted)])

    def ratio(self, field, key, peer, mode, clients):
        """The median of the rounds' ratios: only neighbours in time are compared."""
        ours, theirs = ({row["round"]: row[field] for row in self.find(
            "commits", configuration=each, mode=mode, clients=clients)} for each in (key, peer))
        return median([ours[turn] / theirs[turn] for turn in ours if theirs.get(turn)])

    def text(self):
        parts = [self.head(), self.targets(), self.commits("insert", "INSERT"), self.commits("update", "UPDATE"),
                 self.lag(), self.catchup(), self.bytes(), self.memory(), statements.section(self.find("statements")), self.layer(), self.method(), self.notes()]
        return "\n".join(part for part in parts if part)

    def head(self):
        command = " ".join(filter(None, (
            self.settings.knobs, "Benchmarks/run --quick" if self.settings.quick else "make bench")))
        lines = ["# Benchmarks", "",
                 f"{self.facts['date']}, by `{command}` in {self.facts['minutes']:.0f} minutes. "
                 f"{self.facts['machine']}.", ""]
        others = self.median("others", "commits")
        if others is not None and others > 25:
            lines += [f"**Disturbed**: other programs used {others:.0f} % of one core meanwhile (median of all points). "
                      "Ratios are of neighbours in time; the figures themselves are lower than on an idle machine.", ""]
        for problem in self.facts["problems"]:
            lines += [f"**Failed**: {problem}", ""]
        return "\n".join(lines)

    # What was to be reached.

    def targets(self):
        clients = 64
        rows = []

        def target(what, value, wanted, at_least, text):
            if value is None:
                rows.append([what, text, "–", "not measured"])
                return
            reached = value >= wanted if at_least else value <= wanted
            part = value / wanted if at_least else wanted / value if value else 1
            by = f"missed: {part * 100:.0f} % of it" if at_least else f"missed: {1 / part:.2f} times it"
            digits = 0 if abs(value) >= 100 else 2
            rows.append([what, text, show(value, digits), "reached" if reached else by])

        def rate(key, peer):
            return self.ratio("rate", key, peer, "insert", clients)

        target("INSERT commits a second at 64 clients over the wire ÷ PostgreSQL on", rate("tandem", "postgres_on"), 1,
               True, "≥ 1")
        target("the same ÷ MariaDB with sync_relay_log=1", rate("tandem", "mariadb_flushed"), 10, True, "≥ 10")
        target("one client's INSERT latency (p50) ÷ PostgreSQL's", self.ratio(
            "p50", "tandem", "postgres_on", "insert", 1), 1, False, "≤ 1")
        target("INSERT commits a second of 64 embedded writers ÷ PostgreSQL on at 64 clients",
               rate("embedded", "postgres_on"), 3, True, "≥ 3")
        target("single-row transactions a second applied by a replica catching up, streaming included", self.median(
            "rate", "catchup", name="Tandem", how="streamed and applied, without the start"), 150_000, True, "≥ 150,000")
        target("lag p99 under full load, ms", self.median(
            "p99", "lag", configuration="tandem", loaded=True, what="lag"), 50, False, "< 50")
        target("bytes of log of a one-row INSERT", self.median(
            "size", "bytes", name="Tandem", label="INSERT, 1 client"), 150, False, "< 150")
        target("primary at rest with one replica, MB resident", self.median(
            "resident", "memory", name="Tandem", role="primary", when="at the start"), 60, False, "< 60")
        for role in ("primary", "replica"):
            target(f"{role}, a transaction of {self.settings.large_rows:,} rows, MB resident at most", self.median(
                "peak", "large", role=role), 500, False, "< 500")
        for what in statements.STATEMENTS:
            for clients in statements.CLIENTS:
                target(f"{what}, prepared, {clients} client(s): statements a second ÷ PostgreSQL",
                       statements.ratio(self.find("statements"), what, clients), 1, True, "≥ 1")
        return "## Targets\n\n" + table(["what", "wanted", "measured", ""], rows)

    # Commits.

    def commits(self, mode, title):
        rows = self.find("commits", mode=mode)
        if not rows:
            return ""
        keys = [key for key in self.labels if any(row["configuration"] == key for row in rows)]
        clients = sorted({row["clients"] for row in rows})

        def cells(digits, *fields):
            return [[str(count)] + [" / ".join(show(self.median(
                field, "commits", configuration=key, mode=mode, clients=count), digits) for field in fields)
                for key in keys] for count in clients]

        head = ["clients"] + [self.labels[key] for key in keys]
        ours = [key for key in keys if key in ("tandem", "embedded")]
        peers = [key for key in keys if key in PEERS]
        text = [f"## Single-row {title}, durable on both nodes\n", "Commits a second:\n", table(head, cells(0, "rate"))]
        if peers:
            pairs = [(one, peer) for one in ours for peer in peers]
            text += ["Ratio of commits a second:\n", table(
                ["clients"] + [f"{SHORT[one]} ÷ {SHORT[peer]}" for one, peer in pairs],
                [[str(count)] + [times(self.ratio("rate", one, peer, mode, count)) for one, peer in pairs]
                 for count in clients])]
        text += ["Latency p50 / p95 / p99, ms:\n", table(head, cells(2, "p50", "p95", "p99")),
                 "Processor time a transaction, µs: primary / replica / client (embedded: the primary is the client):\n",
                 table(head, cells(0, "primary_us", "replica_us", "client_us"))]
        if any(row["flushes"] for row in rows):
            text += ["Flushes of the disk a transaction, both nodes together:\n", table(head, cells(2, "flushes"))]
        text += ["Seconds until the replica was level after the last commit:\n", table(head, cells(2, "behind"))]
        return "\n".join(text)

    # The others.

    def lag(self):
        rows = []
        for loaded in (False, True):
            for key, label in self.labels.items():
                found = {"configuration": key, "loaded": loaded}
                if not self.find("lag", **found):
                    continue

                def cell(what):
                    return " / ".join(show(self.median(field, "lag", what=what, **found), 2)
                                      for field in ("p50", "p95", "p99", "maximum"))
                load = self.median("rate", "lag", what="lag", **found)
                rows.append([f"{label}, {'full load' if loaded else 'idle'}", cell("lag"), cell("visible"), cell("ack"),
                             show(load)])
        if not rows:
            return ""
        return ("## From the commit to the replica's reader\n\n"
                f"p50 / p95 / p99 / most, ms. Full load: {self.settings.lag_clients} clients insert as fast as they can. "
                "Below zero: visible before the client was told.\n\n"
                + table(["", "acknowledged → visible", "sent → visible", "sent → acknowledged", "load, commits/s"], rows))

    def catchup(self):
        found = {}
        for row in self.find("catchup"):
            found.setdefault((row["name"], row["how"]), []).append(row)
        if not found:
            return ""
        text = "## A replica catching up\n\nSingle-row INSERT transactions made while the replica was away.\n\n" + table(
            ["", "transactions", "seconds", "transactions/s"],
            [[f"{name}: {how}", show(median([row["rows"] for row in rows])),
              show(median([row["seconds"] for row in rows]), 2), show(median([row["rate"] for row in rows]))]
             for (name, how), rows in found.items()])
        streamed, end = self.median("seconds", "streamed"), self.median("end", "streamed")
        if streamed:
            text += (f"\nTandem's replica streams and applies at the same time: the last record was on its disk after "
                     f"{streamed:.2f} s, and applied after {end:.2f} s.\n")
        return text

    def bytes(self):
        names = list(dict.fromkeys(row["name"] for row in self.find("bytes")))
        labels = list(dict.fromkeys(row["label"] for row in self.find("bytes")))
        if not names:
            return ""
        return "## Bytes of log a row\n\n" + table([""] + names, [
            [label] + [show(self.median("size", "bytes", name=name, label=label)) for name in names] for label in labels])

    def memory(self):
        rows = self.find("memory")
        if not rows:
            return ""
        names = list(dict.fromkeys((row["name"], row["role"]) for row in rows))
        moments = list(dict.fromkeys(row["when"] for row in rows))

        def cell(name, role, when):
            found = {"name": name, "role": role, "when": when}
            return " / ".join(show(self.median(field, "memory", **found)) for field in ("resident", "proportional"))
        text = ("## Memory\n\nMB: resident of the main process / of all its processes, shared pages counted once.\n\n"
                + table([""] + moments, [[f"{name}, {role}"] + [cell(name, role, when) for when in moments]
                                         for name, role in names]))
        large = self.find("large")
        if large:
            peaks = " and ".join(f"{row['peak']:,.0f} MB on the {row['role']}" for row in large)
            text += (f"\nA transaction of {large[0]['rows']:,} rows: at most {peaks}; committed after "
                     f"{large[0]['committed']:.1f} s, level after {large[0]['level']:.1f} s.\n")
        return text

    def layer(self):
        return layer.section(self.facts, self.find("layer"))

    def notes(self):
        """What people have to say about the figures."""
        return NOTES.read_text() if NOTES.exists() else ""

    def method(self):
        settings = self.settings
        lines = [
            "## How it was measured", "",
            f"- {settings.rounds} round(s) of {settings.seconds:g} s a point, taken in turns over all configurations; "
            "medians. A ratio is the median of the rounds' ratios.",
            "- Client, primary and replica share the machine's cores, on loopback, without TLS"
            + (", all in one cpu cgroup." if self.facts["cgroup"] else
               "; no cpu cgroup of their own could be made, so servers of many processes may be favoured."),
            "- Over the wire: sysbench with `Benchmarks/book.lua`, prepared statements, autocommit: one statement is one "
            "transaction and one round trip. UPDATE: by primary key, over 100,000 rows. Embedded: tasks that do "
            "`try await node.write { db in … }` with a cached statement.",
            "- Tandem, PostgreSQL and MariaDB with sync_relay_log=1 acknowledge what is on the disks of both nodes. "
            "MariaDB by default acknowledges what is in the replica's memory.",
        ]
        lines += [f"- {version}" for version in self.facts["versions"]]
        return "\n".join(lines) + "\n"
