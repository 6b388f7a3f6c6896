"""Hosts of their own for processes on one machine: network namespaces on a bridge. Needs root."""

import os
import pathlib
import subprocess
import sys

SLOW_LINE = pathlib.Path(__file__).parent / "slow_line.py"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def tc(*arguments):
    subprocess.run(["tc", *arguments], check=True, capture_output=True, text=True)


def _has_netem():
    """Asked in a namespace of its own, which ends with the question."""
    return subprocess.run(
        ["unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"],
        capture_output=True).returncode == 0


class Network:
    """A bridge with a namespace for each name; this process is on it, too, at the first address."""

    def __init__(self, names):
        self.mark = f"td{os.getpid() % 100000}"
        self.subnet = f"10.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}"
        self.numbers = {name: number for number, name in enumerate(names, start=2)}
        self.cuts = set()
        self.slow_lines = {}  # name: the process that is its line; None where the kernel does it
        self.has_netem = _has_netem()
        ip("link", "add", self.mark, "type", "bridge")
        ip("addr", "add", f"{self.subnet}.1/24", "dev", self.mark)
        ip("link", "set", self.mark, "up")
        for name in names:
            self._add(name)

    def _add(self, name):
        space, outer = self._space(name), self._outer(name)
        ip("netns", "add", space)
        ip("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("link", "set", outer, "master", self.mark, "up")
        for arguments in (["addr", "add", f"{self.address(name)}/24", "dev", "eth0"], ["link", "set", "eth0", "up"],
                          ["link", "set", "lo", "up"]):
            ip("-n", space, *arguments)

    def _space(self, name):
        return f"{self.mark}-{name}"

    def _outer(self, name):
        return f"{self.mark}v{self.numbers[name]}"

    def address(self, name):
        return f"{self.subnet}.{self.numbers[name]}"

    def command(self, name, *command):
        """The command, as it is run on that host: the process has the id that `ip` had."""
        return ["ip", "netns", "exec", self._space(name), *command]

    def isolate(self, name):
        """Nothing reaches the host any more, nor leaves it; nobody is told."""
        ip("link", "set", self._outer(name), "down")

    def cut(self, sender, receiver):
        """What the one sends to the other disappears; the other way goes on."""
        if (sender, receiver) not in self.cuts:
            self.cuts.add((sender, receiver))
            ip("-n", self._space(sender), "route", "add", "blackhole", f"{self.address(receiver)}/32")

    def slow(self, name, delay, spread, rate):
        """What the host sends and gets takes `delay` seconds and up to `spread` more, and passes at `rate` bytes a second.

        By `tc netem`, or where the kernel has none by a process that its line is led through.
        """
        if name in self.slow_lines:
            return
        if self.has_netem:
            netem = ["netem", "delay", f"{delay + spread / 2}s", f"{spread / 2}s", "rate", f"{int(rate * 8)}bit"]
            tc("qdisc", "add", "dev", self._outer(name), "root", *netem)
            tc("-n", self._space(name), "qdisc", "add", "dev", "eth0", "root", *netem)
            self.slow_lines[name] = None
            return
        near, far = self._line(name)
        ip("link", "add", near, "type", "veth", "peer", "name", far)
        # Nobody but the process is to answer on these.
        for interface in (near, self._outer(name)):
            ip("link", "set", interface, "nomaster", "arp", "off", "up")
        ip("link", "set", far, "master", self.mark, "up")
        line = subprocess.Popen(
            [sys.executable, str(SLOW_LINE), self._outer(name), near, "--delay", str(delay), "--spread", str(spread),
             "--rate", str(rate)], stdout=subprocess.PIPE)
        self.slow_lines[name] = line
        assert line.stdout.readline(), "the slow line could not be opened"

    def hasten(self, name):
        """The host's line is as fast as the others again."""
        if name not in self.slow_lines:
            return
        line = self.slow_lines.pop(name)
        if line is None:
            tc("qdisc", "del", "dev", self._outer(name), "root")
            tc("-n", self._space(name), "qdisc", "del", "dev", "eth0", "root")
            return
        line.kill()
        line.wait()
        line.stdout.close()
        ip("link", "del", self._line(name)[0])
        ip("link", "set", self._outer(name), "master", self.mark, "arp", "on")

    def _line(self, name):
        return f"{self._outer(name)}n", f"{self._outer(name)}f"

    def mend(self):
        """Everything reaches everybody again; slow lines stay slow."""
        for sender, receiver in self.cuts:
            ip("-n", self._space(sender), "route", "del", "blackhole", f"{self.address(receiver)}/32")
        self.cuts.clear()
        for name in self.numbers:
            ip("link", "set", self._outer(name), "up")

    def close(self):
        for name in list(self.slow_lines):
            self.hasten(name)
        for name in self.numbers:
            subprocess.run(["ip", "netns", "del", self._space(name)], capture_output=True)
        subprocess.run(["ip", "link", "del", self.mark], capture_output=True)
