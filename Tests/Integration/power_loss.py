"""What a power cut leaves of a folder, at any moment of what a process did to it: faults/record.c writes the journal.

The model of a disk and its file system: a flush of a file makes all of its writes, and its size, last; what was not flushed
may be there or not, each page by itself and whatever the order was. New names, renamed and removed ones become lasting in
their order, as a journaled file system has it: all of them up to some moment, at least up to the last flush of any
directory or of a file that one of them made. Of a page that was not flushed, there may be the first sectors only.
"""

import collections
import fcntl
import os
import pathlib
import struct

from preload import library

SOURCE = pathlib.Path(__file__).parent / "faults" / "record.c"
HEAD = struct.Struct("=IIIIQq")
WRITE, FLUSH, TRUNCATE, RENAME, REMOVE, CREATE, FOLDER, EXTEND = range(1, 9)
PAGE, SECTOR = 4096, 512

Operation = collections.namedtuple("Operation", "kind time path data offset")


def recording(folder, journal):
    """The environment of a process whose doings below `folder` are recorded."""
    return {**os.environ, "LD_PRELOAD": str(library(SOURCE)), "TANDEM_RECORD_ROOT": str(folder),
            "TANDEM_RECORD_JOURNAL": str(journal)}


def read(journal, folder):
    """The operations of a journal; paths are relative to the folder."""
    def relative(path):
        return os.path.relpath(path.decode(), folder)

    with open(journal, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # Who records holds it until a record is whole.
        data = file.read()
    operations, place = [], 0
    while place + HEAD.size <= len(data):
        kind, first, second, _, time, offset = HEAD.unpack_from(data, place)
        place += HEAD.size
        if place + first + second > len(data):
            break  # Its process was killed while it wrote.
        path, rest = data[place:place + first], data[place + first:place + first + second]
        place += first + second
        operations.append(Operation(kind, time, relative(path), relative(rest) if kind == RENAME else rest, offset))
    return operations


class _File:
    """A file's bytes as they last, and as they were written since the last flush."""

    def __init__(self):
        self.lasting = bytearray()
        self.pending = []  # (kind, offset, bytes)

    def flush(self):
        for change in self.pending:
            self.apply(self.lasting, *change)
        self.pending = []

    @staticmethod
    def apply(content, kind, offset, data):
        if kind == TRUNCATE and offset < len(content):
            del content[offset:]
        elif kind in (TRUNCATE, EXTEND):
            content.extend(bytes(max(0, offset - len(content))))
        else:
            content.extend(bytes(max(0, offset + len(data) - len(content))))
            content[offset:offset + len(data)] = data

    def left(self, choose):
        """The bytes after a power cut; `choose` decides about each page of each write: 0 nothing, 1 all of it, or so much."""
        content = bytearray(self.lasting)
        for kind, offset, data in self.pending:
            if kind != WRITE:
                if choose():
                    self.apply(content, kind, offset, data)
                continue
            place = 0
            while place < len(data):
                size = min(PAGE - (offset + place) % PAGE, len(data) - place)
                kept = choose()
                size_kept = size if kept == 1 else int(size * kept) // SECTOR * SECTOR
                if size_kept:
                    self.apply(content, WRITE, offset + place, data[place:place + size_kept])
                place += size
        return content


class Disk:
    """Takes the operations of a journal one after the other, and can say what a power cut would leave."""

    def __init__(self):
        self.files = {}  # by a number that stays when a file is renamed
        self.names = {}
        self.lasting_names = {}
        self.folders = set()
        self.pending_names = []  # what was done to names since they lasted
        self.next = 0

    def take(self, operation):
        kind, path = operation.kind, operation.path
        if kind == FOLDER:
            self.folders.add(path)
        elif kind == CREATE:
            self.files[self.next] = _File()
            self._rename(path, self.next)
            self.next += 1
        elif kind == RENAME:
            number = self.names.get(path)
            self._rename(operation.data, number)
            self._rename(path, None)
        elif kind == REMOVE:
            self._rename(path, None)
        elif kind == FLUSH:
            number = self.names.get(path)
            if number is not None:
                self.files[number].flush()
            if number is None or any(changed == number for _, changed in self.pending_names):
                self._let_names_last()
        elif path in self.names:
            self.files[self.names[path]].pending.append((kind, operation.offset, operation.data))

    def _rename(self, path, number):
        if number is None:
            self.names.pop(path, None)
        else:
            self.names[path] = number
        self.pending_names.append((path, number))

    def _let_names_last(self):
        self.lasting_names = dict(self.names)
        self.pending_names = []

    def leave(self, folder, random, keeping=None):
        """Writes what a power cut now would leave. `keeping`: 0 nothing that was not flushed, 1 all of it, None: whatever."""
        names = dict(self.lasting_names)
        count = len(self.pending_names) if keeping == 1 else 0 if keeping == 0 else random.randrange(
            len(self.pending_names) + 1)
        for path, number in self.pending_names[:count]:
            if number is None:
                names.pop(path, None)
            else:
                names[path] = number
        for path in self.folders:
            (folder / path).mkdir(parents=True, exist_ok=True)

        def choose():
            return keeping if keeping is not None else random.choice([0, 0, 1, 1, random.random()])

        for path, number in names.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(self.files[number].left(choose))
