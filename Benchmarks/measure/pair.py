"""What the measurements ask of a primary with its replica, whoever made them."""

from dataclasses import dataclass

TITLE = "The Art of Computer Programming, vol "


@dataclass(frozen=True)
class Configuration:
    """One of the ways a pair can be set up: a column of the tables."""

    key: str
    label: str
    pair: "Pair"


class Pair:
    name = ""  # of the product
    lag_driver = "pg"
    primary = None  # Server
    replica = None
    primary_port = 0
    replica_port = 0

    def configurations(self):
        raise NotImplementedError

    def configure(self, key):
        """Makes the pair what the configuration says, for all that follows."""

    def sysbench_options(self):
        return ["--db-driver=pgsql", "--pgsql-host=127.0.0.1", f"--pgsql-port={self.primary_port}",
                "--pgsql-user=bench", "--pgsql-db=bench"]

    def environment(self, key):
        """For the clients of this configuration."""
        return {}

    def wait_level(self, timeout=900):
        """Until the replica shows all that the primary has committed."""
        raise NotImplementedError

    def log_bytes(self):
        """How long the log is that goes to the replica."""
        raise NotImplementedError

    def version(self):
        raise NotImplementedError

    def check(self):
        self.primary.check()
        self.replica.check()
