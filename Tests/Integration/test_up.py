"""`tandem up` as a person runs it: in a terminal that may be closed, beside another one, into a pipe."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time

import psycopg
import pytest

from conftest import TANDEM, free_port, wait_until


class Up:
    """A `tandem up` on free ports."""

    def __init__(self, folder, *options, ports=None):
        self.data = folder / "pair"
        self.ports = ports or (free_port(), free_port())
        self.command = [
            TANDEM, "up", "--data", str(self.data), "--primary-port", str(self.ports[0]), "--replica-port",
            str(self.ports[1]), *options]
        self.output = b""
        self.terminal = None

    def start(self, output=subprocess.PIPE):
        """Into a pipe, or a file."""
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        return self

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0

    def start_in_terminal(self, columns):
        """In a session of its own with a terminal, as a terminal window has it."""
        pid, self.terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            # Who runs the tests by nohup has it ignored.
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execv(self.command[0], self.command)
        self.pid = pid
        return self

    def read_until(self, pattern):
        while not re.search(pattern, self.output):
            self.output += os.read(self.terminal, 65536)

    def nodes(self):
        """The pids of its nodes, found by their data directories."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                words = open(f"/proc/{entry}/cmdline", "rb").read().split(b"\0") if entry.isdigit() else []
            except OSError:
                continue
            if any(word.startswith(bytes(self.data) + b"/") for word in words):
                found.append(int(entry))
        return found

    def wait_ready(self, user="test", password=None):
        def ready():
            for port in self.ports:
                with psycopg.connect(
                        host="127.0.0.1", port=port, user=user, password=password, autocommit=True) as connection:
                    if connection.execute("SHOW tandem.status").fetchone()[1] != "ready":
                        return False
            return True
        wait_until(ready, what="both nodes are ready")
        return self


@pytest.fixture
def make_up(tmp_path):
    made = []

    def make(*options, **more):
        made.append(Up(tmp_path, *options, **more))
        return made[-1]

    yield make
    for up in made:
        for pid in up.nodes():
            with contextlib.suppress(ProcessLookupError):  # One ends with the other.
                os.kill(pid, signal.SIGKILL)
        if up.terminal is not None:
            os.close(up.terminal)


def test_no_node_outlives_a_pair_that_is_killed(make_up):
    up = make_up().start().wait_ready()
    assert len(up.nodes()) == 2
    up.process.kill()
    up.process.wait()
    wait_until(lambda: not up.nodes(), what="both nodes have ended")


def test_closing_the_terminal_stops_both_nodes_gracefully(make_up):
    up = make_up().start_in_terminal(80)
    up.wait_ready()
    os.close(up.terminal)
    up.terminal = None
    assert os.waitstatus_to_exitcode(os.waitpid(up.pid, 0)[1]) == 0
    assert not up.nodes()
    for role in ("primary", "replica"):
        assert "node stopped" in (up.data / f"{role}.log").read_text()


def test_control_c_stops_both_nodes_gracefully(make_up):
    up = make_up().start_in_terminal(80)
    up.wait_ready()
    # The terminal sends SIGINT to all processes in its foreground: this command, and nodes that are not kept out of it.
    os.write(up.terminal, b"\x03")
    up.read_until(rb"stopped;")
    assert os.waitstatus_to_exitcode(os.waitpid(up.pid, 0)[1]) == 0
    assert not up.nodes()
    for role in ("primary", "replica"):
        assert (up.data / f"{role}.log").read_text().count("node stopped") == 1


def test_nohup_keeps_a_node_beyond_its_terminal(make_up, tmp_path):
    up = make_up()
    up.command = ["nohup", *up.command]
    up.start().wait_ready()
    up.process.send_signal(signal.SIGHUP)
    up.wait_ready()
    up.process.terminate()
    assert up.process.wait(20) == 0


def test_a_second_pair_on_the_same_data_touches_nothing(make_up):
    first = make_up().start().wait_ready()
    logs = {role: (first.data / f"{role}.log").read_bytes() for role in ("primary", "replica")}
    assert all(logs.values())
    second = make_up()
    second.start()
    output = second.process.communicate(timeout=20)[0].decode()
    assert second.process.returncode != 0
    assert "in use" in output and str(first.data) in output and len(output.splitlines()) == 1
    for role, text in logs.items():
        assert (first.data / f"{role}.log").read_bytes().startswith(text), "its log is as it was"
    first.wait_ready()


def test_a_second_run_keeps_the_log_of_the_first(make_up):
    first = make_up().start().wait_ready()
    first.process.terminate()
    assert first.process.wait(20) == 0
    second = make_up().start().wait_ready()
    assert (second.data / "primary.log").read_text().count("node started") == 2
    second.process.terminate()
    second.process.wait(20)


def test_what_is_said_keeps_its_order_in_a_pipe(make_up):
    up = make_up().start().wait_ready()
    up.process.terminate()
    output = up.process.communicate(timeout=20)[0].decode()
    places = [output.index(text) for text in ("Tandem: a replicated", "Ctrl-C stops", "\nprimary ", "stopping", "stopped;")]
    assert places == sorted(places)


@pytest.mark.parametrize("columns", [40, 20])
def test_the_status_line_fits_the_terminal(make_up, columns):
    up = make_up().start_in_terminal(columns)
    up.read_until(rb"\r\x1b\[K[^\r\n]*ready")
    os.kill(up.pid, signal.SIGINT)
    up.read_until(rb"stopped;")
    os.waitpid(up.pid, 0)
    lines = re.findall(rb"\r\x1b\[K([^\r\n]*)", up.output)
    assert lines and all(len(line.decode()) < columns for line in lines)


@pytest.mark.parametrize("options", [
    ("--acknowledgements", "many"), ("--acknowledgements", "2"), ("--primary-port", "0"), ("--replica-port", "70000"),
])
def test_options_are_checked_before_anything_is_started(tmp_path, options):
    result = subprocess.run(
        [TANDEM, "up", "--data", str(tmp_path / "pair"), *options], capture_output=True, text=True, timeout=20)
    assert result.returncode != 0 and options[0] in result.stderr
    assert not (tmp_path / "pair").exists()


def test_the_cause_of_a_nodes_end_is_named(make_up, tmp_path):
    up = make_up().start().wait_ready()
    replica = next(pid for pid in up.nodes() if b"replica" in open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0"))
    os.kill(replica, signal.SIGKILL)
    output = up.process.communicate(timeout=20)[0].decode()
    assert up.process.returncode != 0
    last = output.splitlines()[-1]
    assert "the replica has ended: killed by signal 9, Killed" in last and "replica.log" in last
    segment = sorted((up.data / "primary" / "log").glob("*.tandemlog"))[0]
    content = bytearray(segment.read_bytes())
    content[0] ^= 0xFF
    segment.write_bytes(content)
    again = make_up(ports=up.ports).start()
    last = again.process.communicate(timeout=20)[0].decode().splitlines()[-1]
    assert "the primary has ended" in last and segment.name in last and "tandem: " not in last[8:]


def test_a_pair_that_has_users_runs_again_with_log_ins(make_up, tmp_path):
    files = {name: tmp_path / name for name in ("admin", "node", "wrong")}
    for name, file in files.items():
        file.write_text(f"secret of {name}\n")
        file.chmod(0o600)
    up = make_up().start().wait_ready()
    add = [TANDEM, "user", "add", "--url", f"127.0.0.1:{up.ports[0]}"]
    login = ["--user", "admin", "--password-file", str(files["admin"])]
    subprocess.run([*add, "admin", "--role", "administrate", "--new-password-file", str(files["admin"])], check=True)
    subprocess.run([*add, "node", "--role", "replicate", "--new-password-file", str(files["node"]), *login], check=True)
    up.stop()

    # Without them it says what it lacks, instead of that nobody answers.
    output = tmp_path / "output"
    with open(output, "wb") as file:
        lost = make_up(ports=up.ports).start(file)
    wait_until(lambda: "the server asks for a password" in output.read_text(), what="the reason")
    wait_until(lambda: "--password-file" in output.read_text() and "--replication-user" in output.read_text())
    lost.stop()

    # Refused log-ins are lines in the nodes' logs: they are not repeated twice a second.
    nodes = ["--replication-user", "node", "--replication-password-file", str(files["node"])]
    def refusals():
        lines = (up.data / "primary.log").read_text().splitlines()
        return sum("a log-in has failed" in line and "admin" in line for line in lines)
    mistaken = make_up("--user", "admin", "--password-file", str(files["wrong"]), *nodes, ports=up.ports)
    mistaken.start(subprocess.DEVNULL).wait_ready("admin", "secret of admin")
    wait_until(refusals, what="a refused log-in")
    time.sleep(5)
    assert refusals() < 3
    mistaken.stop()

    with open(output, "wb") as file:
        again = make_up(*login, *nodes, ports=up.ports).start(file)
    again.wait_ready("admin", "secret of admin")
    wait_until(lambda: re.search(r"^primary ready.*replica ready", output.read_text(), re.MULTILINE), what="the line")
    assert "psql -h 127.0.0.1" in output.read_text() and "-U admin" in output.read_text()
    again.stop()
