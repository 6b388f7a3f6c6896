"""What is measured, and for how long: every knob is an environment variable."""

import os
import sys
from dataclasses import dataclass, field

PARTS = ("memory", "bytes", "commits", "lag", "catchup", "statements", "layer")


def words(name, default):
    return os.environ.get(name, default).replace(",", " ").split()


def number(name, default, kind=int):
    text = os.environ.get(name, str(default))
    try:
        return kind(text)
    except ValueError:
        sys.exit(f"{name}: '{text}' is not a number")


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
        return Settings(
            quick=quick, tandem=os.environ["TANDEM"], embedded=os.environ["EMBEDDED"],
            layer=os.environ["LAYER"], peers=words("PEERS", ""), parts=parts,
            seconds=number("SECS", 2 if quick else 4, float), rounds=number("ROUNDS", 1 if quick else 3),
            clients=[int(word) for word in words("CLIENTS", "1 64" if quick else "1 8 32 64 128")],
            catchup_rows=number("CATCHUP_ROWS", 60_000 if quick else 300_000),
            large_rows=number("LARGE_ROWS", 1_000_000), quiet=number("QUIET", 0 if quick else 20, float),
            folder=os.environ.get("FOLDER", "/var/tmp"),
            report=os.environ.get("REPORT", "" if quick else "docs/BENCHMARKS.md"),
            results=os.environ.get("RESULTS", ""),
            idle_probes=100 if quick else 500, load_seconds=3 if quick else 6.5)
