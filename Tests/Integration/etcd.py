"""A real etcd on loopback, with its data in a temporary folder."""

import json
import pathlib
import signal
import subprocess
import urllib.request

from conftest import free_port, wait_until


class Etcd:
    """`prefix` is put in front of the command, for one that listens on another host."""

    def __init__(self, folder, host="127.0.0.1", prefix=()):
        self.folder = pathlib.Path(folder)
        self.host, self.prefix = host, list(prefix)
        self.port = free_port()
        self.peer_port = free_port()
        self.process = None

    def start(self):
        client, peer = f"http://{self.host}:{self.port}", f"http://{self.host}:{self.peer_port}"
        with open(self.folder / "output.log", "ab") as output:
            self.process = subprocess.Popen(
                [*self.prefix, "etcd", "--name", "one", "--data-dir", str(self.folder / "data"), "--unsafe-no-fsync",
                 "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
                 "--initial-advertise-peer-urls", peer, "--initial-cluster", f"one={peer}", "--logger", "zap"],
                stdout=output, stderr=output)
        wait_until(self.is_healthy, 30, "etcd healthy")
        return self

    def is_healthy(self):
        with urllib.request.urlopen(f"http://{self.host}:{self.port}/health", timeout=1) as answer:
            return json.load(answer)["health"] == "true"

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
