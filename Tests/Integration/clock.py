"""A clock of one process's own, that can be set while it runs: faults/clock.c, loaded by LD_PRELOAD."""

import os
import pathlib

from preload import library

SOURCE = pathlib.Path(__file__).parent / "faults" / "clock.c"


class Clock:
    """The clock of the node that is started with `environment`."""

    def __init__(self, path):
        self.path = path
        self.set(0)
        self.environment = {**os.environ, "LD_PRELOAD": str(library(SOURCE)), "TANDEM_CLOCK": str(path)}

    def set(self, seconds):
        """So far ahead of the machine's clock, or behind it."""
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:
            file.write(int(seconds).to_bytes(8, "little", signed=True))
