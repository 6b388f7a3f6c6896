"""Routers and pools that stand between PostgreSQL's clients and its servers: pgpool-II and PgBouncer, as Debian has them."""

import os
import pathlib
import signal
import subprocess

import psycopg

from conftest import free_port, wait_until


class Router:
    """One such program in the foreground, with its settings in a temporary folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.process = None

    def run(self, *command):
        with open(self.folder / "output.log", "ab") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/")
        wait_until(lambda: self.query("SELECT 1"), what=f"{command[0]} answers")
        return self

    def stop(self):
        """What both call a fast shutdown."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
            self.process = None

    def connect(self, database="test", **options):
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="test", dbname=database, autocommit=True, **options)

    def query(self, sql, parameters=None, **options):
        with self.connect(**options) as connection:
            return connection.execute(sql, parameters).fetchall()


class Pgpool(Router):
    """pgpool-II over a pair: all reads go to the second node while that is a standby. With `names` it knows the nodes by the
    name that they have in pg_stat_replication, and takes one back by itself that is a standby again."""

    def __init__(self, folder, pair, names=False, **settings):
        super().__init__(folder)
        self.control_port = free_port()
        lines = {
            "backend_clustering_mode": "streaming_replication", "listen_addresses": "127.0.0.1", "port": self.port,
            "pcp_listen_addresses": "127.0.0.1", "pcp_port": self.control_port, "pid_file_name": f"{folder}/pid",
            "socket_dir": "", "pcp_socket_dir": folder, "wd_ipc_socket_dir": folder, "logdir": folder, "work_dir": folder,
            "num_init_children": 8, "memqcache_total_size": 1 << 20, "sr_check_period": 1, "health_check_period": 1,
            "search_primary_node_timeout": 60, "auto_failback_interval": 1}
        for kind in ("sr_check", "health_check"):
            lines |= {f"{kind}_user": "test", f"{kind}_database": "test"}
        for number, node in enumerate(pair.nodes):
            lines |= {f"backend_hostname{number}": "127.0.0.1", f"backend_port{number}": node.port,
                      f"backend_weight{number}": number, f"backend_flag{number}": "ALLOW_TO_FAILOVER"}
            if names:
                lines |= {f"backend_application_name{number}": node.status()["node"], "auto_failback": "on"}
        lines |= settings
        for name, text in {
                "pgpool.conf": "".join(f"{name} = '{value}'\n" for name, value in lines.items()), "pool_hba.conf": "",
                "pool_passwd": "", "pcp.conf": "test:5ebe2294ecd0e0f08eab7690d2a6ee69\n",  # The MD5 of "secret".
                "pcppass": "*:*:*:secret\n"}.items():
            (self.folder / name).write_text(text)
        (self.folder / "pcppass").chmod(0o600)

    def start(self):
        return self.run("/usr/sbin/pgpool", "-n", "-D", "-f", f"{self.folder}/pgpool.conf", "-F", f"{self.folder}/pcp.conf",
                        "-a", f"{self.folder}/pool_hba.conf")

    def control(self, program, *arguments):
        """One of pgpool's own commands."""
        subprocess.run(
            [f"/usr/sbin/{program}", "-w", "-h", "127.0.0.1", "-p", str(self.control_port), "-U", "test", *arguments],
            check=True, capture_output=True, timeout=60, env=os.environ | {"PCPPASSFILE": f"{self.folder}/pcppass"})

    def nodes(self):
        """What it shows of the nodes."""
        with self.connect() as connection:
            cursor = connection.execute("SHOW pool_nodes")
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    def shows(self, column):
        return [node[column] for node in self.nodes()]


class PgBouncer(Router):
    """PgBouncer over one node, with at most `size` sessions there."""

    def __init__(self, folder, node, mode, size):
        super().__init__(folder)
        # It refuses to stay root.
        self.user = ["-u", "nobody"] if os.geteuid() == 0 else []
        (self.folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={node.port} user=test\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = {mode}\ndefault_pool_size = {size}\nserver_check_delay = 0\n")

    def start(self):
        return self.run("/usr/sbin/pgbouncer", *self.user, f"{self.folder}/pgbouncer.ini")
