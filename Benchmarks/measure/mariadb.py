"""MariaDB: a primary and a replica, semi-synchronous (AFTER_SYNC)."""

import os
import shutil

from .pair import TITLE, Configuration, Pair
from .place import free_port, wait_until

COLUMNS = ("id BIGINT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(200), created_at TIMESTAMP(6) NULL, "
           "updated_at TIMESTAMP(6) NULL")


class MariaDBPair(Pair):
    name = "MariaDB"
    lag_driver = "mysql"

    def __init__(self, place, settings):
        self.place = place
        self.settings = settings
        self.user = "mysql" if os.geteuid() == 0 else None
        self.folder = place.folder / "mariadb"
        self.folder.mkdir()
        self.primary_port = free_port()
        self.replica_port = free_port()
        self.configured = None

    def configurations(self):
        return [Configuration("mariadb_flushed", "MariaDB sync_relay_log=1", self),
                Configuration("mariadb_default", "MariaDB default", self)]

    def options(self, which, port, number):
        folder = self.folder / which
        return f"""[mariadbd]
datadir={folder}/data
socket={folder}/socket
pid-file={folder}/pid
port={port}
bind-address=127.0.0.1
server_id={number}
skip-name-resolve
max_connections=300
# durability: all on, both servers
log_bin={folder}/data/bin
log_slave_updates=ON
binlog_format=ROW
sync_binlog=1
innodb_flush_log_at_trx_commit=1
gtid_strict_mode=ON
max_binlog_size=1G
# memory and redo large enough to keep checkpoints out of the way; the rest default
innodb_buffer_pool_size=1G
innodb_log_file_size=1G
# replication
rpl_semi_sync_master_wait_point=AFTER_SYNC
rpl_semi_sync_master_timeout=3600000
rpl_semi_sync_master_wait_no_slave=ON
slave_parallel_mode=optimistic
slave_parallel_threads=2
relay_log={folder}/data/relay
"""

    def set_up(self):
        self.primary = self.new_server("primary", self.primary_port, 1)
        self.replica = self.new_server("replica", self.replica_port, 2)
        self.on_replica(
            f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={self.primary_port}, MASTER_USER='bench', "
            "MASTER_PASSWORD='bench', MASTER_USE_GTID=slave_pos; START SLAVE")
        tables = "".join(f"CREATE TABLE bench.{name} ({COLUMNS});" for name in ("book", "book100k", "probe"))
        self.on_primary(
            f"CREATE DATABASE bench; {tables} INSERT INTO bench.book100k (title, created_at, updated_at) "
            f"SELECT CONCAT('{TITLE}', LPAD(seq, 10, '0')), CURRENT_TIMESTAMP(6), CURRENT_TIMESTAMP(6) "
            f"FROM seq_1_to_{self.settings.filled_rows}; ANALYZE TABLE bench.book100k", database="mysql")
        self.wait_level()

    def new_server(self, which, port, number):
        folder = self.folder / which
        (folder / "data").mkdir(parents=True)
        (folder / "my.cnf").write_text(self.options(which, port, number))
        (folder / "users.sql").write_text(
            "SET sql_log_bin=0;\nCREATE USER bench@'127.0.0.1' IDENTIFIED BY 'bench';\n"
            "GRANT ALL ON *.* TO bench@'127.0.0.1';\nSET sql_log_bin=1;\n")
        user = []
        if self.user:
            user = [f"--user={self.user}"]
            for path in (folder, folder / "data", folder / "my.cnf", folder / "users.sql"):
                shutil.chown(path, self.user)
        self.place.run(["mariadb-install-db", "--no-defaults", *user, f"--datadir={folder}/data",
                        "--auth-root-authentication-method=normal", "--skip-test-db"])
        server = self.place.start(
            ["mariadbd", f"--defaults-file={folder}/my.cnf", f"--init-file={folder}/users.sql"], folder / "log",
            user=self.user)

        def is_up():
            server.check()
            try:
                return self.ask(port, "SELECT 1", "mysql") == "1"
            except RuntimeError:
                return False
        wait_until(is_up, f"MariaDB's {which} answers")
        return server

    def ask(self, port, sql, database):
        return self.place.run(
            ["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{port}", "-ubench", "-pbench", "-N", "-B", "-e", sql,
             database]).strip()

    def on_primary(self, sql, database="bench"):
        return self.ask(self.primary_port, sql, database)

    def on_replica(self, sql, database="mysql"):
        return self.ask(self.replica_port, sql, database)

    def configure(self, key):
        """`mariadb_flushed`, `mariadb_default`, or `asynchronous` for loading."""
        if self.configured == key:
            return
        waits = 0 if key == "asynchronous" else 1
        flush = 1 if key == "mariadb_flushed" else 10_000
        self.on_primary("SET GLOBAL rpl_semi_sync_master_enabled=0")
        self.on_replica(f"STOP SLAVE; SET GLOBAL sync_relay_log={flush}; "
                        f"SET GLOBAL rpl_semi_sync_slave_enabled={waits}; START SLAVE")
        self.on_primary(f"SET GLOBAL rpl_semi_sync_master_enabled={waits}")
        if waits:
            wait_until(lambda: self.on_primary("SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'").endswith("\t1"),
                       "the replica semi-synchronous")
        self.wait_level()
        self.configured = key

    def sysbench_options(self):
        return ["--db-driver=mysql", "--mysql-host=127.0.0.1", f"--mysql-port={self.primary_port}",
                "--mysql-user=bench", "--mysql-password=bench", "--mysql-db=bench"]

    def wait_level(self, timeout=900):
        position = self.on_primary("SELECT @@gtid_binlog_pos", "mysql")
        if self.on_replica(f"SELECT MASTER_GTID_WAIT('{position}', {timeout})") != "0":
            raise TimeoutError(f"MariaDB's replica did not come level within {timeout} s")

    def log_bytes(self):
        """Of all binary logs."""
        return sum(int(line.split("\t")[1]) for line in self.on_primary("SHOW BINARY LOGS").splitlines())

    def flush_less(self, less):
        """Without waiting for flushes on the primary, for loading alone."""
        first, second = (0, 2) if less else (1, 1)
        self.on_primary(f"SET GLOBAL sync_binlog={first}; SET GLOBAL innodb_flush_log_at_trx_commit={second}")

    def version(self):
        names = ("sync_binlog", "innodb_flush_log_at_trx_commit", "rpl_semi_sync_master_wait_point",
                 "rpl_semi_sync_master_timeout", "slave_parallel_mode", "slave_parallel_threads",
                 "innodb_buffer_pool_size", "innodb_log_file_size")
        values = ", ".join(f"{name}={self.on_primary(f'SELECT @@{name}')}" for name in names)
        return (f"MariaDB {self.on_primary('SELECT VERSION()')}: semi-synchronous, log_slave_updates=ON, {values}, "
                "sync_relay_log=1 or its default of 10000, the rest default")
