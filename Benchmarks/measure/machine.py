"""What the kernel tells: processor time, memory, flushes, and what machine this is."""

import functools
import os
import pathlib
import platform
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def tree(pid):
    """A process and all below it."""
    found = [pid]
    for parent in found:
        try:
            tasks = os.listdir(f"/proc/{parent}/task")
        except OSError:  # It has ended meanwhile.
            continue
        for task in tasks:
            found += [int(word) for word in read(f"/proc/{parent}/task/{task}/children").split()]
    return found


def cpu_seconds(pid):
    """User and system time of a process, its ended children and its living ones."""
    total = 0
    for each in tree(pid):
        fields = read(f"/proc/{each}/stat").rpartition(") ")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def machine_cpu_seconds():
    """All processors' busy time, without what ran niced and what the hypervisor took."""
    fields = [int(field) for field in read("/proc/stat").split("\n")[0].split()[1:]]
    return (fields[0] + fields[2] + fields[5] + fields[6]) / TICKS


def wait_for_quiet(limit):
    """Until less than a quarter of one core is busy, at most `limit` seconds."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        before = machine_cpu_seconds()
        time.sleep(0.5)
        if machine_cpu_seconds() - before < 0.125:
            return


def status_kib(pid, field):
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return 0


def resident(pid):
    """Megabytes, of 10^6 bytes."""
    return status_kib(pid, "VmRSS") * 1024 / 1e6


def proportional(pid):
    """Memory of a process and all below it, what they share counted once."""
    total = 0
    for each in tree(pid):
        for line in read(f"/proc/{each}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total * 1024 / 1e6


def reset_peak(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(pid):
    return status_kib(pid, "VmHWM") * 1024 / 1e6


@functools.cache
def device(folder):
    """The disk under a folder, as the kernel shows it; None if it shows none."""
    number = os.stat(folder).st_dev
    path = pathlib.Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not path.exists():
        return None
    path = path.resolve()
    return path.parent if (path / "partition").exists() else path


def flushes(folder):
    """Flush requests of the whole disk so far; None if the kernel does not count them."""
    disk = device(folder)
    fields = read(disk / "stat").split() if disk else []
    return int(fields[15]) if len(fields) > 15 else None


def file_system(folder):
    return subprocess.run(
        ["findmnt", "-no", "FSTYPE", "-T", str(folder)], capture_output=True, text=True).stdout.strip() or "unknown"


def flush_milliseconds(folder, count=300):
    """Median time of appending 4 KiB and fdatasync."""
    path = pathlib.Path(folder, "flush-probe")
    times = []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        for _ in range(count):
            start = time.perf_counter()
            os.write(descriptor, bytes(4096))
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - start)
    finally:
        os.close(descriptor)
        path.unlink()
    return sorted(times)[count // 2] * 1000


def description(folder):
    model = next((line.split(":")[1].strip() for line in read("/proc/cpuinfo").splitlines() if "model name" in line),
                 platform.machine())
    memory = int(read("/proc/meminfo").split()[1]) / (1 << 20)
    name = next((line.split("=")[1].strip('"') for line in read("/etc/os-release").splitlines()
                 if line.startswith("PRETTY_NAME")), "")
    return (f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {name}, Linux {platform.release()}, "
            f"{file_system(folder)}; appending 4 KiB and fdatasync takes {flush_milliseconds(folder):.2f} ms (median)")
