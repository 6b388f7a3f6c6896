"""Hosts of their own for processes on one machine: network namespaces on a bridge. Needs root."""

import os
import subprocess


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


class Network:
    """A bridge with a namespace for each name; this process is on it, too, at the first address."""

    def __init__(self, names):
        self.mark = f"td{os.getpid() % 100000}"
        self.subnet = f"10.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}"
        self.numbers = {name: number for number, name in enumerate(names, start=2)}
        self.cuts = set()
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

    def mend(self):
        """Everything reaches everybody again."""
        for sender, receiver in self.cuts:
            ip("-n", self._space(sender), "route", "del", "blackhole", f"{self.address(receiver)}/32")
        self.cuts.clear()
        for name in self.numbers:
            ip("link", "set", self._outer(name), "up")

    def close(self):
        for name in self.numbers:
            subprocess.run(["ip", "netns", "del", self._space(name)], capture_output=True)
        subprocess.run(["ip", "link", "del", self.mark], capture_output=True)
