"""A network that fails on order: a TCP proxy that knows the frames of PostgreSQL's protocol."""

import asyncio
import concurrent.futures
import enum
import socket
import threading

# Kinds of frames, by their first byte and that of a CopyData's payload (docs/REPLICATION.md, section 3).
RECORDS, ACKNOWLEDGEMENT, KEEPALIVE = b"dw", b"dr", b"dk"
START_REPLICATION, COMMAND_COMPLETE = b"QS", b"C"


class Do(enum.Enum):
    """What becomes of a frame."""

    FORWARD = 1
    DROP = 2
    CUT = 3  # The connection ends in front of it.
    CUT_INSIDE = 4  # The connection ends in its middle.
    FREEZE = 5  # This frame and everything behind it, both ways, is kept; nobody is told.
    HOLD = 6  # This frame and everything behind it is kept; the other way is open.


class Frame:
    """A whole message on its way. `connection` counts the connections from 0."""

    def __init__(self, data, to_server, connection, is_startup):
        self.data, self.to_server, self.connection, self.is_startup = data, to_server, connection, is_startup

    def is_a(self, kind):
        if self.is_startup or self.data[:1] != kind[:1]:
            return False
        return len(kind) < 2 or self.data[5:6] == kind[1:]


class _Link:
    """One connection: the client's side and the server's."""

    def __init__(self, number):
        self.number = number
        self.writers = []
        self.thawed = {way: asyncio.Event() for way in (True, False)}
        self.is_over = False
        self.thaw()

    def freeze(self):
        for event in self.thawed.values():
            event.clear()

    def thaw(self):
        for event in self.thawed.values():
            event.set()

    def abort(self):
        self.is_over = True
        self.thaw()
        for writer in self.writers:
            writer.transport.abort()


class Proxy:
    """Listens on `port` and passes on to `target`, frame by frame, as `rule(frame)` says.

    The rule is called on the proxy's thread, before a frozen connection is waited for; where it is None everything is
    forwarded. Clients must not ask for encryption.
    """

    def __init__(self, target, rule=None):
        self.target = target
        self.rule = rule
        self.accepts = True
        # Bytes a second each way, as a slow line has them; None for as fast as it goes.
        self.rate = None
        self.links = []
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def connections(self):
        """How many have been made."""
        return len(self.links)

    def cut(self):
        """Ends all connections at once, as by a reset."""
        self._call(lambda: [link.abort() for link in self.links])

    def refuse(self):
        """Cuts, and lets nobody in any more."""
        self.accepts = False
        self.cut()

    def freeze(self):
        """The connections that are there pass nothing on from now on; new ones do."""
        self._call(lambda: [link.freeze() for link in self.links if not link.is_over])

    def thaw(self):
        """What was kept goes on, late."""
        self._call(lambda: [link.thaw() for link in self.links])

    def close(self):
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, action):
        done = concurrent.futures.Future()
        self._loop.call_soon_threadsafe(lambda: done.set_result(action()))
        return done.result()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accepted, sock=self._listener))
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _accepted(self, client_reader, client_writer):
        if not self.accepts:
            client_writer.transport.abort()
            return
        link = _Link(len(self.links))
        link.writers.append(client_writer)
        self.links.append(link)
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            link.abort()
            return
        link.writers.append(server_writer)
        await asyncio.gather(
            self._pass_on(link, client_reader, server_writer, to_server=True),
            self._pass_on(link, server_reader, client_writer, to_server=False))

    async def _pass_on(self, link, reader, writer, to_server):
        is_startup = to_server
        try:
            while not link.is_over:
                data = await self._read_frame(reader, is_startup)
                frame = Frame(data, to_server, link.number, is_startup)
                is_startup = False
                action = self.rule(frame) if self.rule else Do.FORWARD
                if action is Do.FREEZE:
                    link.freeze()
                elif action is Do.HOLD:
                    link.thawed[to_server].clear()
                await link.thawed[to_server].wait()
                if action in (Do.CUT, Do.CUT_INSIDE):
                    if action is Do.CUT_INSIDE:
                        writer.write(data[:len(data) // 2])
                        await self._hand_over(writer)
                    link.abort()
                elif action is not Do.DROP and not link.is_over:
                    await self._write(writer, data)
        except (OSError, asyncio.IncompleteReadError):
            await link.thawed[to_server].wait()  # A frozen link keeps the other side's end to itself, too.
            link.is_over = True
            writer.close()

    async def _write(self, writer, data):
        """To a side that may be gone, while the other one still talks."""
        try:
            while self.rate and data:
                size = max(1, int(self.rate * 0.05))
                writer.write(data[:size])
                await asyncio.gather(writer.drain(), asyncio.sleep(len(data[:size]) / self.rate))
                data = data[size:]
            writer.write(data)
            await writer.drain()
        except OSError:
            pass

    @staticmethod
    async def _hand_over(writer):
        """Until the system has taken everything: an abort would throw the rest away."""
        writer.transport.set_write_buffer_limits(0)
        await writer.drain()

    @staticmethod
    async def _read_frame(reader, is_startup):
        head = await reader.readexactly(4 if is_startup else 5)
        length = int.from_bytes(head[-4:], "big")
        return head + await reader.readexactly(length - 4)
