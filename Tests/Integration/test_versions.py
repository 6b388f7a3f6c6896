"""Nodes of another version beside this one: who cannot work together says so."""

import socket
import struct
import threading

import pytest
from conftest import wait_until
from wire import message

REFUSAL = message(
    b"E", b"SFATAL\0VFATAL\0C08P01\0Mthe other node speaks version 2 of the replication messages, this one 1\0\0")
READY = message(b"R", struct.pack("!I", 0)) + message(b"Z", b"I")


def refuse(request):
    return REFUSAL


def promise_as_before(request):
    """STARTED without what is committed, as version 1 had it (docs/REPLICATION.md, section 3)."""
    node, epoch = request[21 + 16:21 + 32], request[-21:-1]
    answer = b"p" + node + epoch + request[-1:] + b"\1" + b"\0" + struct.pack("!I", 0)
    return message(b"W", b"\0\0\0") + message(b"d", answer)


class OtherVersion:
    """Listens where a member was, and answers START in its own way."""

    def __init__(self, port, answer):
        self.answer, self.questions = answer, 0
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                length = stream.read(4)
                if len(length) < 4:
                    continue
                stream.read(int.from_bytes(length, "big") - 4)
                connection.sendall(READY)
                kind, length = stream.read(1), stream.read(4)
                text = stream.read(int.from_bytes(length, "big") - 4) if kind == b"Q" else b""
                if text.startswith(b"TANDEM_PROMISE"):
                    self.questions += 1
                    connection.sendall(self.answer(bytes.fromhex(text.rstrip(b"\0").split()[2].decode())))
                    stream.read(1)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.mark.parametrize("answer, reason", [
    (refuse, "the other node speaks version 2 of the replication messages, this one 1"),
    (promise_as_before, "a message ends too early"),
])
def test_a_member_whose_answer_cannot_be_read_is_named_with_the_reason(make_pair, answer, reason):
    pair = make_pair().start()
    pair.replica.stop()
    pair.primary.stop()
    other = OtherVersion(pair.replica.port, answer)
    pair.primary.start().wait_listening()
    problem = wait_until(lambda: pair.primary.status()["problem"], what="it is in the status")
    assert f"127.0.0.1:{pair.replica.port} ({reason})" in problem and "run the same version" in problem
    wait_until(lambda: other.questions >= 3, what="it is asked again and again")
    told = [line for line in pair.primary.text().splitlines() if "a member's answer cannot be read" in line]
    assert 1 <= len(told) < other.questions and reason in told[0] and str(pair.replica.port) in told[0]
    assert pair.primary.status()["state"] == "starting", "what cannot be read does not count"
    other.close()
    pair.replica.start()
    pair.wait_ready()
    assert pair.primary.status()["problem"] is None
