"""A short run of `make chaos`: nodes on hosts of their own, everything that goes wrong, and the books checked."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

CHAOS = pathlib.Path(__file__).parent.parent / "Chaos" / "chaos.py"
sys.path.insert(0, str(CHAOS.parent))

from network import Network  # noqa: E402

# Gives back what it is sent.
ECHO = """
import socket, threading
def echo(connection):
    while data := connection.recv(1 << 16):
        connection.sendall(data)
server = socket.create_server(("", 4000))
print("listening", flush=True)
while True:
    threading.Thread(target=echo, args=[server.accept()[0]], daemon=True).start()
"""


def echoed(connection, data):
    """What comes back, and after how long."""
    begin = time.monotonic()
    sender = threading.Thread(target=connection.sendall, args=[data])
    sender.start()
    answer = b""
    while len(answer) < len(data) and (piece := connection.recv(1 << 16)):
        answer += piece
    sender.join()
    return answer, time.monotonic() - begin


def test_whatever_goes_wrong_nothing_acknowledged_is_lost_doubled_or_shown_too_early(tmp_path, seed):
    done = subprocess.run(
        [sys.executable, str(CHAOS), "--seconds", "60", "--seed", str(seed), "--keep", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=400, env=os.environ)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    result = json.loads(done.stdout[done.stdout.index("{"):])
    assert result["acknowledged"] > 100 and result["faults_total"] > 5


def test_a_slow_line_takes_its_time_and_changes_nothing():
    network = Network(["one", "other"])
    server = subprocess.Popen(network.command("one", sys.executable, "-c", ECHO), stdout=subprocess.PIPE)
    try:
        assert server.stdout.readline() == b"listening\n"
        where = (network.address("one"), 4000)
        data = os.urandom(200_000)
        with socket.create_connection(where, timeout=30) as before:
            assert echoed(before, data)[0] == data
            network.slow("one", delay=0.1, spread=0.05, rate=400_000)
            begin = time.monotonic()
            with socket.create_connection(where, timeout=30) as during:
                assert time.monotonic() - begin >= 0.2
                answer, took = echoed(during, data)
                assert answer == data and took >= 0.5
                assert echoed(before, data[:1000])[0] == data[:1000]
                network.isolate("one")
                network.mend()
                assert echoed(during, b"still there")[0] == b"still there"
                network.hasten("one")
                assert echoed(during, data)[0] == data
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        network.close()
