"""A slow line between two network interfaces: what comes in at the one leaves by the other, later, and only so fast.

    slow_line.py ONE OTHER --delay 0.05 --spread 0.1 --rate 100000

For kernels without `tc netem`. It passes on frames as they are, in their order, until it is ended; what is on its way
then is lost, as it is where a line has too much to carry. Needs root.
"""

import argparse
import collections
import ctypes
import random
import select
import socket
import struct
import sys
import time

# linux/if_ether.h, linux/if_packet.h
ETH_P_ALL = 3
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 1, 15, 23
PACKET_MR_PROMISC = 1
# Frames that wait; one more is lost.
LIMIT = 1000
# The header that says what is left to be done (checksums, cutting into segments), and the largest frame behind it.
LARGEST = 10 + 14 + (1 << 16)


def open_interface(name):
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    opened.bind((name, ETH_P_ALL))
    membership = struct.pack("iHH8s", socket.if_nametoindex(name), PACKET_MR_PROMISC, 0, b"")
    opened.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
    opened.setblocking(False)
    return opened


class Way:
    """One direction."""

    def __init__(self, source, target, options):
        self.source, self.target, self.options = source, target, options
        self.waiting = collections.deque()  # (when it arrives, frame)
        self.free = 0.0  # When the line has sent what it was given so far.

    def take(self):
        """Everything that has come in."""
        while True:
            try:
                frame = self.source.recv(LARGEST)
            except OSError:  # Nothing more, or the interface is down.
                return
            now = time.monotonic()
            if len(self.waiting) >= LIMIT:
                continue
            self.free = max(self.free, now) + len(frame) / self.options.rate
            arrival = self.free + self.options.delay + random.uniform(0, self.options.spread)
            if self.waiting:
                arrival = max(arrival, self.waiting[-1][0])
            self.waiting.append((arrival, frame))

    def hand_over(self):
        """Everything that has arrived; returns for how long there is nothing to do."""
        while self.waiting:
            wait = self.waiting[0][0] - time.monotonic()
            if wait > 0:
                return wait
            try:
                self.target.send(self.waiting.popleft()[1])
            except OSError:  # The interface is down, or full: the frame is lost.
                pass
        return None


def end_with_parent():
    """A line without its network would stay for good."""
    PR_SET_PDEATHSIG, SIGKILL = 1, 9
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one")
    parser.add_argument("other")
    parser.add_argument("--delay", type=float, required=True, help="seconds each way, at least")
    parser.add_argument("--spread", type=float, default=0, help="seconds more, at random")
    parser.add_argument("--rate", type=float, required=True, help="bytes a second each way")
    options = parser.parse_args()
    end_with_parent()
    one, other = open_interface(options.one), open_interface(options.other)
    ways = [Way(one, other, options), Way(other, one, options)]
    print("open", flush=True)
    while True:
        waits = [wait for way in ways if (wait := way.hand_over()) is not None]
        select.select([one, other], [], [], min(waits, default=None))
        for way in ways:
            way.take()


if __name__ == "__main__":
    sys.exit(main())
