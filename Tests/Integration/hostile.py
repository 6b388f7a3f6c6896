"""Clients that mean no good, as a program: `hostile.py ATTACK PORT` begins one, says "under way", and goes on until it is ended."""

import itertools
import os
import random
import resource
import select
import socket
import struct
import sys
import threading
import time
import traceback

STARTUP = struct.pack("!II", 8 + 8, 196608) + b"user\0u\0\0"


def message(kind, body):
    return kind + struct.pack("!I", 4 + len(body)) + body


def connected(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(STARTUP)
    data = b""
    while not data.endswith(b"Z\0\0\0\x05I"):
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError(data)
        data += piece
    return connection


def drained(connection):
    """Takes what has come, without waiting."""
    while select.select([connection], [], [], 0)[0]:
        if not connection.recv(1 << 20):
            raise ConnectionError("it was closed")


def parses(port):
    """Statements that are prepared and never run, by thousands, without an end."""
    connection = connected(port)
    for number in itertools.count():
        names = range(number * 1_000, number * 1_000 + 1_000)
        body = b"".join(message(b"P", b"s%d\0SELECT a, now()::date FROM t WHERE a = %d\0\0\0" % (name, name)) for name in names)
        connection.sendall(body + message(b"S", b""))
        drained(connection)
        yield


def long_statements(port):
    """Text of many words, that is no statement in the end."""
    connection = connected(port)
    text = message(b"Q", b"SELECT now()" + b", a" * 30_000 + b" FROM\0")
    while True:
        connection.sendall(text)
        yield
        while not connection.recv(65536).endswith(b"Z\0\0\0\x05I"):
            pass


def nested_statements(port):
    """Text that is nested more deeply than any stack could bear."""
    connection = connected(port)
    bodies = [b"SELECT now(), " + b"(" * 50_000 + b"1" + b")" * 50_000, b"SELECT " + b"lower(" * 20_000 + b"now()" + b")" * 20_000,
              b"SELECT now(), " + b"CASE WHEN 1 THEN " * 10_000 + b"1" + b" END" * 10_000, b"SELECT 1" + b"::int" * 50_000,
              b"SELECT 1" + b" :: int" * 50_000, b"SELECT now() + 1" + b" - interval '1 day'" * 20_000, b"SELECT 2" + b" ^ 2" * 50_000]
    for body in itertools.cycle(bodies):
        connection.sendall(message(b"Q", body + b"\0"))
        answer = b""
        while not answer.endswith(b"Z\0\0\0\x05I"):
            piece = connection.recv(65536)
            if not piece:
                raise ConnectionError(body[:40])
            answer += piece
        yield


def wrong_lengths(port):
    for kind, length in itertools.cycle(itertools.product(b"QPBEDCSHFdcfpX?\xff", (0, 1, 2, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))):
        with connected(port) as connection:
            connection.sendall(bytes([kind]) + struct.pack("!I", length) + b"\0" * 100)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass
        yield


def half_messages(port):
    """Long messages of which the end never comes, and start-ups that never end."""
    kept = []
    for number in itertools.count():
        if number < 50:
            kept.append(connected(port))
            kept[-1].sendall(b"Q" + struct.pack("!I", 200 << 20) + b"x" * 65536)
        elif number < 80:
            kept.append(socket.create_connection(("127.0.0.1", port), timeout=60))
            kept[-1].sendall(STARTUP[:10])
        else:
            time.sleep(0.1)
        yield


def slow_readers(port):
    """Large answers that are asked for and not read, by as many as there are readers."""
    kept = []
    rows = b"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n, printf('%1000d', n) FROM r\0"
    for _ in range(4):
        kept.append(connected(port))
        kept[-1].sendall(message(b"Q", rows))
        yield
    while True:
        time.sleep(0.1)
        yield


def unread_floods(port):
    """Short messages with long answers, that nobody reads, by sessions that are left so when they are held back."""
    kept = []
    floods = [message(b"Q", b"SHOW ALL\0") * 1_000, message(b"Q", b"SHOW ALL;" * 1_000 + b"\0"), message(b"Q", b"SELECT zeroblob(30000)\0") * 100]
    for number in itertools.count():
        if len(kept) < 20:
            kept.append(connected(port))
            kept[-1].settimeout(0.2)
            try:
                while True:
                    kept[-1].sendall(floods[number % 3])
            except TimeoutError:
                pass
        else:
            time.sleep(0.1)
        yield


def random_bytes(port):
    """Bytes that mean nothing, from strangers and behind a start-up."""
    generator = random.Random()
    while True:
        connection = connected(port) if generator.random() < 0.5 else socket.create_connection(("127.0.0.1", port), timeout=60)
        with connection:
            try:
                connection.sendall(generator.randbytes(generator.randrange(1, 2_000)))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except ConnectionError:
                pass
        yield


def silent_connections(port):
    """10,000 connections that say nothing, as fast as they are taken; from then on new ones in place of the oldest, calmly."""
    kept = []
    for number in itertools.count():
        if number >= 10_000 // THREADS:
            time.sleep(0.02)
            kept.pop(0).close()
        kept.append(socket.create_connection(("127.0.0.1", port), timeout=60))
        yield


ATTACKS = {attack.__name__: attack for attack in (
    parses, long_statements, nested_statements, wrong_lengths, random_bytes, half_messages, silent_connections, slow_readers,
    unread_floods)}
THREADS = 4


def main(name, port):
    # Connections by thousands; before there are threads.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rounds = [threading.Event() for _ in range(THREADS)]

    def attack(round):
        try:
            for number, _ in enumerate(ATTACKS[name](port)):
                if number >= 1:
                    round.set()
        finally:
            # None of them ends by itself.
            traceback.print_exc()
            os._exit(1)

    for round in rounds:
        threading.Thread(target=attack, args=[round], daemon=True).start()
    for round in rounds:
        round.wait()
    print("under way", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
