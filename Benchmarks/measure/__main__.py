"""The run: pairs are set up, measured in turns, and ended; then the report."""

import json
import pathlib
import sys
import time

from . import layer, machine, statements
from .mariadb import MariaDBPair
from .parts import Measurements
from .place import Place, say
from .postgres import PostgresPair
from .report import Report
from .settings import Settings
from .tandem import EmbeddedPair, TandemPair


def set_up(place, settings):
    kinds = [TandemPair]
    if settings.embedded != "none":
        kinds.append(EmbeddedPair)
    if "postgres" in settings.peers:
        kinds.append(PostgresPair)
    if "mariadb" in settings.peers:
        kinds.append(MariaDBPair)
    pairs = []
    for kind in kinds:
        pair = kind(place, settings)
        say(f"starting {kind.__name__.removesuffix('Pair')}")
        pair.set_up()
        pairs.append(pair)
    return pairs


def measure(place, settings):
    facts = {
        "date": time.strftime("%Y-%m-%d %H:%M"), "machine": machine.description(place.folder),
        "cgroup": place.cgroup.path is not None,
    }
    pairs = set_up(place, settings)
    facts["versions"] = [pair.version() for pair in pairs if not isinstance(pair, EmbeddedPair)]
    measurements = Measurements(place, settings, pairs)
    if "memory" in settings.parts:
        measurements.memory_at_rest("at the start")
    for part in ("bytes", "commits", "lag"):
        if part in settings.parts:
            getattr(measurements, part)()
    if "memory" in settings.parts:
        measurements.memory_at_rest("after the load")
        measurements.attempt(
            "Tandem, a large transaction", measurements.memory_of_large_transaction, pairs[0])
    if "catchup" in settings.parts:
        measurements.catchup()
    if "statements" in settings.parts:
        measurements.attempt("statements that read", statements.measure, place, settings, pairs, measurements.add)
    if "layer" in settings.parts:
        measurements.attempt("the transaction layer", layer.measure, place, settings, pairs, measurements.add)
    facts["labels"] = {each.key: each.label for each in measurements.configurations}
    facts["problems"] = measurements.problems
    return facts, measurements.rows


def main():
    settings = Settings.read(sys.argv[1:])
    start = time.monotonic()
    with Place(settings.folder) as place:
        if machine.file_system(place.folder) in ("tmpfs", "ramfs"):
            sys.exit(f"{settings.folder} is in memory: flushes cost nothing there. Set FOLDER to a folder on a disk.")
        if not place.cgroup.path:
            say("no cpu cgroup of its own: servers of many processes may be favoured over those of many threads")
        facts, rows = measure(place, settings)
    facts["minutes"] = (time.monotonic() - start) / 60
    if settings.results:
        pathlib.Path(settings.results).write_text(json.dumps({"facts": facts, "rows": rows}, indent=1))
    report = Report(settings, facts, rows)
    text = report.text()
    print(text)
    if settings.report:
        path = pathlib.Path(settings.report)
        if settings.parts == ["layer"] and path.exists():
            text = layer.replace_section(path.read_text(), report.layer())
        path.write_text(text)
        say(f"written to {settings.report}")
    if facts["problems"]:
        sys.exit(1)


main()
