"""What a node's process keeps in memory, as Linux counts it."""

import re

MIB = 1 << 20


def _field(node, name):
    with open(f"/proc/{node.process.pid}/status") as status:
        return int(re.search(rf"^{name}:\s+(\d+) kB$", status.read(), re.MULTILINE)[1]) << 10


def resident(node):
    """Bytes of memory the node has at this moment."""
    return _field(node, "VmRSS")


def peak(node):
    """The most it has had since it was started, or since `forget_peak`."""
    return _field(node, "VmHWM")


def forget_peak(node):
    with open(f"/proc/{node.process.pid}/clear_refs", "w") as file:
        file.write("5")
