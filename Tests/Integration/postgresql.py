"""A PostgreSQL server to compare with, on loopback, in a temporary folder."""

import glob
import os
import pwd
import subprocess

import psycopg

from conftest import free_port, wait_until


class PostgreSQL:
    """One server; it refuses to run as root, so that root runs it as `postgres`."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.user = "postgres" if os.geteuid() == 0 else None

    def start(self):
        data = self.folder / "data"
        data.mkdir(parents=True)
        if self.user:
            os.chown(data, pwd.getpwnam(self.user).pw_uid, -1)
            for folder in [self.folder, *self.folder.parents]:
                if str(folder).startswith(os.path.realpath(os.environ.get("TMPDIR", "/tmp")) + "/"):
                    os.chmod(folder, 0o755)
        self._run("initdb", "-D", str(data), "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        self.log = open(self.folder / "postgresql.log", "wb")
        self.process = subprocess.Popen(
            [f"{self.programs}/postgres", "-D", str(data), "-p", str(self.port), "-k", "", "-F",
             "-c", "listen_addresses=127.0.0.1"],
            stdout=self.log, stderr=self.log, user=self.user, cwd="/")
        wait_until(lambda: self.connect().close() or True, what="PostgreSQL answers")
        return self

    def connect(self):
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="test", dbname="postgres", autocommit=True, connect_timeout=5)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def _run(self, program, *arguments):
        subprocess.run(
            [f"{self.programs}/{program}", *arguments], check=True, capture_output=True, user=self.user, cwd="/")
