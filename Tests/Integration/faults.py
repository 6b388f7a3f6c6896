"""A disk that fails on order, under one node: faults/faults.c, loaded by LD_PRELOAD, told what to do while it runs."""

import errno
import mmap
import os
import pathlib
import struct

from preload import library

SOURCE = pathlib.Path(__file__).parent / "faults" / "faults.c"
FOREVER = 0xFFFF_FFFF

# The layout of the shared file, as in faults.c.
PAGE = 4096
PAGES = 8192
RULE = struct.Struct("=4I112s")
FLUSHES, WRITES, TRACKED, PAGE_COUNT, OVERFLOW = 0, 128, 256, 384, 388
ENTRY = struct.Struct(f"=QQI12x{PAGE}s")
LOST = 2


class FaultyDisk:
    """The disk under one node. Paths are patterns of fnmatch(3)."""

    LOG = "*.tandemlog"

    def __init__(self, node, tracked=LOG):
        self.node = node
        path = node.folder / "faults"
        with open(path, "wb") as file:
            file.truncate(PAGE + PAGES * ENTRY.size)
        self.file = open(path, "r+b")
        self.shared = mmap.mmap(self.file.fileno(), 0)
        self.shared[TRACKED:TRACKED + 128] = tracked.encode().ljust(128, b"\0")
        node.environment = {**os.environ, "LD_PRELOAD": str(library(SOURCE)), "TANDEM_FAULTS": str(path)}

    def fail_flushes(self, pattern=LOG, count=FOREVER, error=errno.EIO):
        """The next `count` calls of fdatasync and fsync on such files fail, and what they were to flush is lost."""
        self._set(FLUSHES, pattern, count, error)

    def fail_writes(self, pattern=LOG, count=FOREVER, error=errno.EIO):
        """The next `count` writes of such files fail; half of the bytes reach the file."""
        self._set(WRITES, pattern, count, error)

    def mend(self):
        """Nothing fails any more. What is lost stays lost."""
        self._set(FLUSHES, "", 0, 0)
        self._set(WRITES, "", 0, 0)

    @property
    def flushes_seen(self):
        """Flushes of the files named last, since they were named."""
        return self._rule(FLUSHES)[2]

    @property
    def failures(self):
        """How often something has failed since it was ordered."""
        return self._rule(FLUSHES)[3] + self._rule(WRITES)[3]

    @property
    def lost_pages(self):
        """How many pages of the files tracked count as clean, although what was written is not on the disk."""
        return sum(state == LOST for _, _, state, _ in self._pages())

    def cut_power(self):
        """kill -9, and the files tracked are as they were flushed: what was only in memory is gone."""
        self.node.kill()
        files = {path.stat().st_ino: path for path in self.node.data.rglob("*") if path.is_file()}
        for inode, number, _, durable in self._pages():
            with open(files[inode], "r+b") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(number * PAGE)
                file.write(durable[:max(0, size - number * PAGE)])
        struct.pack_into("=I", self.shared, PAGE_COUNT, 0)

    def _pages(self):
        assert not self._number(OVERFLOW), "more pages were written than the library has room for"
        return [ENTRY.unpack_from(self.shared, PAGE + place * ENTRY.size) for place in range(self._number(PAGE_COUNT))]

    def _set(self, place, pattern, count, error):
        # The count last: the node may look at any moment.
        RULE.pack_into(self.shared, place, error, 0, 0, 0, pattern.encode())
        struct.pack_into("=I", self.shared, place + 4, count)

    def _rule(self, place):
        return RULE.unpack_from(self.shared, place)

    def _number(self, place):
        return struct.unpack_from("=I", self.shared, place)[0]
