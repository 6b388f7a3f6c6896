"""What is measured, and for how long: every knob is an environment variable."""

import os
import sys
from dataclasses import dataclass, field

PARTS = ("memory", "bytes", "commits", "lag", "catchup", "statements", "layer")
PEERS = ("postgres", "mariadb")
# What a report has to say of its run, where it was set.
KNOBS = ("SECS", "ROUNDS", "CLIENTS", "PEERS", "PARTS", "CATCHUP_ROWS", "LARGE_ROWS", "QUIET")


def words(name, default):
    return os.environ.get(name, default).replace(",", " ").split()


def number(name, default, kind=int):
    text = os.environ.get(name, str(default))
    try:
        return kind(text)
    except ValueError:
        sys.exit(f"{name}: '{text}' is not a number")


def knobs():
    given = [(name, os.environ[name]) for name in KNOBS if name in os.environ]
    # `Benchmarks/run` always says which peers there are.
    return " ".join(f'{name}="{value}"' if " " in value else f"{name}={value}" for name, value in given
                    if (name, value) != ("PEERS", " ".join(PEERS)))


@dataclass(frozen=True)
class Settings:
    quick: bool
    tandem: str
    embedded: str  # "none" leaves it out
    layer: str  # the program that measures the transaction layer
    peers: list
    parts: list
    seconds: float
    rounds: int
    clients: list
    catchup_rows: int
    large_rows: int
    quiet: float  # seconds to wait for an otherwise idle machine before a point
    folder: str  # where the data lies; must be on a disk
    report: str  # empty: printed only
    knobs: str  # those that were set: `SECS=2 PARTS="commits lag"`
    results: str  # raw figures as JSON; empty: not kept
    lag_clients: int = 64
    filled_rows: int = 100_000
    idle_probes: int = field(default=500)
    load_seconds: float = field(default=6.5)

    @staticmethod
    def read(arguments):
        quick = "--quick" in arguments
        parts = words("PARTS", " ".join(PARTS))
        for part in parts:
            if part not in PARTS:
                sys.exit(f"PARTS: '{part}' is none of {' '.join(PARTS)}")
        peers = words("PEERS", "")
        # One that leaves something out must not take the place of one that does not. The part `layer` renews its section.
        is_whole = (not quick and set(parts) == set(PARTS) and set(peers) == set(PEERS)
                    and os.environ["EMBEDDED"] != "none")
        report = "docs/BENCHMARKS.md" if is_whole or parts == ["layer"] and not quick else ""
        return Settings(
            quick=quick, tandem=os.environ["TANDEM"], embedded=os.environ["EMBEDDED"],
            layer=os.environ["LAYER"], peers=peers, parts=parts,
            seconds=number("SECS", 2 if quick else 4, float), rounds=number("ROUNDS", 1 if quick else 3),
            clients=[int(word) for word in words("CLIENTS", "1 64" if quick else "1 8 32 64 128")],
            catchup_rows=number("CATCHUP_ROWS", 60_000 if quick else 300_000),
            large_rows=number("LARGE_ROWS", 1_000_000), quiet=number("QUIET", 0 if quick else 20, float),
            folder=os.environ.get("FOLDER", "/var/tmp"),
            report=os.environ.get("REPORT", report), knobs=knobs(),
            results=os.environ.get("RESULTS", ""),
            idle_probes=100 if quick else 500, load_seconds=3 if quick else 6.5)
