"""A client that writes and reads the protocol's messages itself: it sends what drivers would not, and need not read."""

import socket
import struct


def message(kind, body=b""):
    return kind + struct.pack("!I", 4 + len(body)) + body


def query(sql):
    return message(b"Q", sql.encode() + b"\0")


def parse(sql, name=b""):
    return message(b"P", name + b"\0" + sql.encode() + b"\0\0\0")


BIND, SYNC, FLUSH, COPY_DONE = message(b"B", b"\0\0" + b"\0\0" * 3), message(b"S"), message(b"H"), message(b"c")
DESCRIBE = message(b"D", b"P\0")


def execute(rows=0, portal=b""):
    return message(b"E", portal + b"\0" + struct.pack("!I", rows))


class Wire:
    def __init__(self, node, user="test", timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", node.port), timeout=timeout)
        # What is sent arrives, although what was sent before has not been acknowledged.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = f"user\0{user}\0database\0postgres\0\0".encode()
        self.socket.sendall(struct.pack("!II", 8 + len(body), 196608) + body)
        self.data = b""
        self.process = next(struct.unpack("!I", body[:4])[0] for kind, body in self.ready() if kind == b"K")

    def send(self, *messages):
        self.socket.sendall(b"".join(messages))

    def next(self):
        """The next message: its kind and its body; None at the connection's end."""
        while len(self.data) < 5 or len(self.data) < 1 + struct.unpack_from("!I", self.data, 1)[0]:
            try:
                piece = self.socket.recv(1 << 16)
            except ConnectionResetError:
                piece = b""
            if not piece:
                return None
            self.data += piece
        end = 1 + struct.unpack_from("!I", self.data, 1)[0]
        kind, body, self.data = self.data[:1], self.data[5:end], self.data[end:]
        return kind, body

    def until(self, last, count=1):
        """The messages up to the `count`th of that kind, or up to the connection's end."""
        messages = []
        while count and (one := self.next()):
            messages.append(one)
            count -= one[0] == last
        return messages

    def ready(self, count=1):
        return self.until(b"Z", count)

    def rest(self):
        """All that comes until the connection ends."""
        return self.until(None)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def kinds(messages):
    return b"".join(kind for kind, _ in messages)


def tags(messages):
    return [body.rstrip(b"\0").decode() for kind, body in messages if kind == b"C"]


def sqlstate(body):
    return next(field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C")


def errors(messages):
    """The SQLSTATEs of the errors among them."""
    return [sqlstate(body) for kind, body in messages if kind == b"E"]


def story(messages):
    """What they say, without what differs from server to server: tags, SQLSTATEs, and whether a transaction is open."""
    told = []
    for kind, body in messages:
        text = {b"C": tags, b"Z": lambda one: [body.decode()], b"E": errors, b"N": lambda one: [sqlstate(body)]}.get(kind)
        if kind != b"S":
            told.append(" ".join([kind.decode(), *(text([(kind, body)]) if text else [])]))
    return told
