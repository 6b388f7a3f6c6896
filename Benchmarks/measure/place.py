"""Where a run happens: a temporary folder, a cpu cgroup, and the processes started there, all gone at its end."""

import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time


def say(message):
    print(time.strftime("[%H:%M:%S] ") + message, file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, timeout=60, interval=0.02):
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {timeout} s")
        time.sleep(interval)


class Cgroup:
    """One cpu cgroup for all servers and clients.

    With the kernel's autogroups every session is a scheduling unit of its own: a server of many processes would get more
    of a busy machine than one of many threads. Inside one cgroup all threads are equals.
    """

    def __init__(self):
        self.path = None
        for parent in ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup"):
            path = pathlib.Path(parent, f"tandem-benchmark-{os.getpid()}")
            try:
                if parent == "/sys/fs/cgroup":
                    controllers = pathlib.Path(parent, "cgroup.subtree_control")
                    if "cpu" not in controllers.read_text().split():
                        continue
                self.home = self.own(path.parent)
                path.mkdir()
                self.path = path
                (path / "cgroup.procs").write_text(str(os.getpid()))
                weight = path / "cpu.shares"
                if weight.exists():
                    weight.write_text("10240")
                else:
                    (path / "cpu.weight").write_text("1000")
                return
            except OSError:
                self.leave()

    @staticmethod
    def own(parent):
        """The group this process is in, below `parent`."""
        for line in open("/proc/self/cgroup"):
            number, controllers, path = line.rstrip("\n").split(":", 2)
            if "cpu" in controllers.split(",") or (number == "0" and parent == pathlib.Path("/sys/fs/cgroup")):
                return parent / path.lstrip("/")
        return parent

    def leave(self):
        if self.path is None:
            return
        path, self.path = self.path, None
        try:
            (self.home / "cgroup.procs").write_text(str(os.getpid()))
            path.rmdir()
        except OSError as error:
            say(f"the cgroup {path} stays: {error}")


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Server:
    """A process of ours that runs until it is told to stop."""

    def __init__(self, command, log, user=None, stop_signal=signal.SIGTERM, **options):
        self.log = pathlib.Path(log)
        self.stop_signal = stop_signal
        self.name = pathlib.Path(command[0]).name
        if user:
            options |= {"user": user, "group": user, "extra_groups": []}
        options.setdefault("stdin", subprocess.DEVNULL)
        with open(self.log, "ab") as output:
            options.setdefault("stdout", output)
            self.process = subprocess.Popen(
                command, stderr=output, start_new_session=True, cwd="/", preexec_fn=die_with_parent, **options)

    @property
    def pid(self):
        return self.process.pid

    def check(self):
        """Raises if it has ended."""
        if self.process.poll() is not None:
            words = self.log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self.name} has ended with code {self.process.returncode}:\n{words}")

    def ask_to_stop(self):
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def stop(self, timeout=30):
        self.ask_to_stop()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            say(f"{self.name} ({self.pid}) does not stop; it is killed")
            self.process.send_signal(signal.SIGQUIT if self.name == "postgres" else signal.SIGKILL)
            self.process.wait()


class Place:
    """Use as `with Place(folder) as place:`."""

    def __init__(self, folder):
        self.parent = folder

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.interrupted)
        self.servers = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tandem-benchmark.", dir=self.parent))
        self.folder.chmod(0o755)
        self.cgroup = Cgroup()
        return self

    @staticmethod
    def interrupted(number, frame):
        raise SystemExit(128 + number)

    def start(self, *arguments, **options):
        server = Server(*arguments, **options)
        self.servers.append(server)
        return server

    def __exit__(self, *_):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        servers = list(reversed(self.servers))
        for server in servers:
            server.ask_to_stop()
        for server in servers:
            server.stop(timeout=15)
        self.cgroup.leave()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, command, **options):
        """Runs a program to its end; its output, or an error with its last words."""
        program = Program(self, command, **options)
        return program.wait()


class Program:
    """A process of ours that ends by itself."""

    def __init__(self, place, command, user=None, environment=None, text=None):
        options = {"user": user, "group": user, "extra_groups": []} if user else {}
        self.name = pathlib.Path(command[0]).name
        self.place = place
        self.text = text
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True, cwd="/", preexec_fn=die_with_parent,
            env=os.environ | (environment or {}), **options)

    def wait(self):
        try:
            output, _ = self.process.communicate(self.text)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        if self.process.returncode:
            raise RuntimeError(f"{self.name} ended with code {self.process.returncode}:\n{output[-2000:]}")
        return output
