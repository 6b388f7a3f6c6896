"""Who gets into a node: TLS, passwords, roles, where it listens. With real processes and real clients."""

import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import time

import psycopg
import pytest

from conftest import TANDEM, Node, Pair, free_port, wait_until
from proxy import Proxy
from test_psql_catalog import read_until

PASSWORDS = {"admin": "geheim-admin", "reader": "geheim-reader", "writer": "geheim-writer", "node": "geheim-node"}
ROLES = {"admin": "administrate", "reader": "read", "writer": "write", "node": "replicate"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A root, and certificates of a server (localhost and its addresses), of a client, and of another root."""
    folder = tmp_path_factory.mktemp("tls")
    script = """
    make_root() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=$1 \
        -keyout $1.key -out $1.pem; }
    make() {
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout $1.key -out $1.csr
        printf "subjectAltName=$2" > $1.ext
        openssl x509 -req -in $1.csr -CA $3.pem -CAkey $3.key -CAcreateserial -days 2 -extfile $1.ext -out $1.pem
        chmod 600 $1.key
    }
    make_root root; make_root other
    make server DNS:localhost,IP:127.0.0.1 root
    make renewed DNS:localhost,IP:127.0.0.1 root
    make client DNS:client root
    make stranger DNS:stranger other
    """
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True, capture_output=True)
    return folder


def password_file(folder, user):
    path = folder / f"{user}.password"
    path.write_text(PASSWORDS[user] + "\n")
    path.chmod(0o600)
    return str(path)


def tandem(*arguments, stdin="", environment=None):
    return subprocess.run(
        [TANDEM, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=60,
        env={**os.environ, **(environment or {})})


def add_first_user(node, user, folder):
    result = tandem(
        "user", "add", user, "--role", ROLES[user], "--data", node.data, "--new-password-file",
        password_file(folder, user))
    assert result.returncode == 0, result.stderr


def connect(node, user, **options):
    options.setdefault("password", PASSWORDS.get(user))
    options.setdefault("autocommit", True)
    options.setdefault("connect_timeout", 10)
    options.setdefault("host", "127.0.0.1")
    return psycopg.connect(port=node.port, user=user, dbname="test", **options)


def refused(node, user, **options):
    with pytest.raises(psycopg.OperationalError) as error:
        connect(node, user, **options)
    return str(error.value)


def tls_options(certificates):
    return ["--tls-certificate", certificates / "server.pem", "--tls-key", certificates / "server.key"]


class SecuredPair(Pair):
    """A pair whose nodes take TLS and passwords, and speak so among themselves."""

    def __init__(self, folder, certificates, mode="verify-full"):
        node_options = [
            *map(str, tls_options(certificates)), "--replication-user", "node", "--replication-tls", mode,
            "--replication-tls-ca", str(certificates / "root.pem"), "--replication-password-file",
            password_file(certificates, "node")]
        super().__init__(folder, primary_options=node_options, replica_options=node_options)
        for user in ROLES:
            add_first_user(self.primary, user, folder)
        for node in self.nodes:
            node.status = lambda node=node: self.status_of(node)

    def start(self):
        super().start()
        wait_until(lambda: not (self.primary.data / "users").exists(), what="the first users in the database")
        self.wait_level()
        return self

    @staticmethod
    def status_of(node):
        with connect(node, "reader", sslmode="require") as connection:
            cursor = connection.execute("SHOW tandem.status")
            return dict(zip([column.name for column in cursor.description], cursor.fetchone()))


@pytest.fixture
def secured(tmp_path, certificates):
    pair = SecuredPair(tmp_path, certificates)
    pair.start()
    yield pair
    pair.kill()


def test_users_come_to_the_replica_and_roles_hold_on_both(secured, certificates):
    root = str(certificates / "root.pem")
    with connect(secured.primary, "writer", sslmode="verify-full", sslrootcert=root, host="localhost") as writer:
        writer.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
        writer.execute("INSERT INTO t VALUES (1, 'a')")
        for statement in ("CREATE ROLE x PASSWORD 'y'", "ALTER ROLE admin PASSWORD 'y'", "DROP ROLE reader",
                          "GRANT administrate TO writer", "SHOW tandem.users", "ALTER SYSTEM PROMOTE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writer.execute(statement)
    secured.wait_level()
    for node in secured.nodes:
        with connect(node, "reader", sslmode="require", channel_binding="require") as reader:
            assert reader.execute("SELECT name FROM t").fetchall() == [("a",)]
            for statement in ("INSERT INTO t VALUES (2, 'b')", "DELETE FROM t", "CREATE TABLE u (a)"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    reader.execute(statement)
            reader.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
            assert reader.execute("SELECT count(*) FROM t").fetchone() == (1,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute("UPDATE t SET name = 'c'")
            reader.execute("ROLLBACK")
        with connect(node, "node", sslmode="require") as other:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute("SELECT * FROM t")
            assert other.execute("SHOW tandem.status").fetchone()
        for user in ("reader", "writer"):
            assert "permission denied: replication needs the role replicate" in refused(
                node, user, sslmode="require", replication="true")
    secured.stop()
    assert [node.dump() for node in secured.nodes][0] == secured.replica.dump()


def test_the_table_of_users_is_hidden_from_everybody(secured):
    names = ["_tandem_user", '"_tandem_user"', "[_TANDEM_user]", "`_tandem_user`", "'_tandem_user'", "main._tandem_user"]
    with connect(secured.primary, "admin", sslmode="require") as admin:
        for name in names:
            for statement in (f"SELECT * FROM {name}", f"DELETE FROM {name}", f"INSERT INTO {name} VALUES ('a', 'b', 7)",
                              f"WITH x AS (SELECT * FROM/**/{name}) SELECT * FROM x", f"CREATE VIEW v AS SELECT * FROM {name}",
                              f"CREATE TABLE c AS SELECT * FROM {name}", f"DROP TABLE {name}",
                              f"EXPLAIN SELECT * FROM {name}"):
                with pytest.raises(psycopg.Error):
                    admin.execute(statement)
        for content in ("content='_tandem_user'", 'content="_tandem_user"', "content=_tandem_user", "content=[_tandem_user]"):
            with pytest.raises(psycopg.Error):
                admin.execute(f"CREATE VIRTUAL TABLE f USING fts5(name, verifier, {content})")
        # A key is read as values, and not as a part of a statement.
        admin.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        for key in ("1) UNION ALL SELECT name || verifier FROM _tandem_user --", "(SELECT max(verifier) FROM _tandem_user)"):
            for call in ("tandem_content_bound('t', %s, 1)", "tandem_content('t', %s, NULL)", "tandem_content('t', NULL, %s)"):
                with pytest.raises(psycopg.Error, match="literals"):
                    admin.execute("SELECT " + call % ("'" + key.replace("'", "''") + "'"))
        assert admin.execute("SELECT 'about _tandem_user'").fetchone() == ("about _tandem_user",)
        assert [row[:2] for row in admin.execute("SHOW tandem.users")] == [
            ("admin", "read, write, administrate, replicate"), ("node", "replicate"), ("reader", "read"),
            ("writer", "read, write")]


def test_wrong_passwords_and_unknown_users_are_told_alike_late_and_in_the_log(secured):
    for user in ("reader", "nobody"):
        began = time.monotonic()
        assert f'password authentication failed for user "{user}"' in refused(
            secured.primary, user, password="wrong", sslmode="require")
        assert time.monotonic() - began >= 1, "who guesses waits"
    assert "no password supplied" in refused(secured.primary, "reader", password="", sslmode="require")
    refused(secured.primary, "evil\nname", password="wrong", sslmode="require")
    text = secured.primary.text()
    assert re.search(r"a log-in has failed.*", text)
    assert len(re.findall(r"address=127\.0\.0\.1.*user=(reader|nobody)", text)) == 2
    assert "evil\nname" not in text and "evil?name" in text
    assert "geheim" not in text and "SCRAM-SHA-256$" not in text


def test_users_are_changed_over_sql_and_by_psqls_password(secured):
    primary = secured.primary
    environment = {**os.environ, "PGPASSWORD": PASSWORDS["admin"], "PGSSLMODE": "require"}

    def psql(user, *commands, password=None):
        arguments = [part for command in commands for part in ("-c", command)]
        return subprocess.run(
            ["psql", "-XAtq", "-h", "127.0.0.1", "-p", str(primary.port), "-U", user, "-d", "test", *arguments],
            env={**environment, "PGPASSWORD": password or PASSWORDS[user]}, capture_output=True, text=True, timeout=30)

    assert psql("admin", "CREATE USER clerk WITH LOGIN PASSWORD 'first' IN ROLE read").returncode == 0
    assert "already exists" in psql("admin", "CREATE USER clerk PASSWORD 'x'").stderr
    assert psql("clerk", "SELECT 1", password="first").stdout == "1\n"
    # What psql's \password sends: a verifier that it has made itself, by the user for itself.
    with connect(primary, "clerk", password="first", sslmode="require") as clerk:
        verifier = clerk.pgconn.encrypt_password("sécond".encode(), b"clerk", b"scram-sha-256").decode()
        clerk.execute(f"ALTER USER clerk PASSWORD '{verifier}'")
    assert "password authentication failed" in psql("clerk", "SELECT 1", password="first").stderr
    assert psql("clerk", "SELECT 2", password="sécond").stdout == "2\n"
    # The same characters, composed in another way: SASLprep.
    assert psql("clerk", "SELECT 2", password="se\u0301cond").stdout == "2\n"
    assert psql("admin", "GRANT write TO clerk").returncode == 0
    assert psql("clerk", "CREATE TABLE k (a)", password="sécond").returncode == 0
    assert psql("admin", "REVOKE read FROM clerk").returncode == 0
    assert "permission denied" in psql("clerk", "SELECT 1", password="sécond").stderr
    assert psql("admin", "BEGIN", "DROP ROLE clerk", "ROLLBACK").returncode == 0
    secured.wait_level()
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connect(secured.replica, "admin", sslmode="require").execute("DROP ROLE clerk")
    assert psql("admin", "DROP ROLE clerk").returncode == 0
    assert "password authentication failed" in psql("clerk", "SELECT 1", password="sécond").stderr


class Terminal:
    """psql on a terminal of its own, as people have it, through a proxy that keeps what the client sends."""

    def __init__(self, node, user, password):
        self.sent = []
        self.proxy = Proxy(node.port, self.keep)
        self.master, slave = pty.openpty()
        # Without `login_tty` psql would find no terminal to ask for passwords on.
        self.process = subprocess.Popen(
            ["psql", "-X", "-h", "127.0.0.1", "-p", str(self.proxy.port), "-U", user, "-d", "test"],
            env={**os.environ, "PGPASSWORD": password, "PGSSLMODE": "disable", "PGGSSENCMODE": "disable",
                 "TERM": "dumb", "PAGER": "cat", "LC_ALL": "C.UTF-8"},
            preexec_fn=lambda: os.login_tty(slave), close_fds=True)
        os.close(slave)
        self.shown = ""
        self.see("test=")

    def keep(self, frame):
        if frame.to_server:
            self.sent.append(frame.data)

    def see(self, words):
        """Waits until the terminal shows these words."""
        shown = read_until(self.master, words.encode())
        self.shown += shown.decode(errors="replace")
        assert words.encode() in shown, self.shown

    def type(self, line):
        os.write(self.master, line.encode() + b"\n")

    def change(self, command, user, password, again):
        """Types a password twice, as psql asks for it; what is sent by that."""
        before = len(self.sent)
        self.type(command)
        self.see(f'Enter new password for user "{user}":')
        self.type(password)
        self.see("Enter it again:")
        self.type(again)
        self.see("test=")
        return b"".join(self.sent[before:])

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        self.proxy.close()


def test_psqls_password_asks_twice_and_sends_no_password(secured):
    """psql makes a verifier and sends it alone. What is typed on the terminal is found nowhere, in the log neither."""
    first, second, third = "the first one", "the sécond one", "the third one"

    def lets_in(user, password):
        return [connect(node, user, password=password, sslmode="require").execute("SELECT current_user").fetchone()
                for node in secured.nodes] == [(user,)] * 2
    with connect(secured.primary, "admin", sslmode="require") as admin:
        admin.execute(f"CREATE USER clerk PASSWORD '{first}' IN ROLE read")
    terminal = Terminal(secured.primary, "clerk", first)
    try:
        sent = terminal.change(r"\password", "clerk", "not the same", "as this one")
        assert "Passwords didn't match." in terminal.shown and b"ALTER USER" not in sent
        sent = terminal.change(r"\password", "clerk", second, second)
        assert "ERROR" not in terminal.shown, terminal.shown
        statements = re.findall(rb"ALTER USER clerk PASSWORD '(SCRAM-SHA-256\$4096:[^']+)'", sent)
        assert len(statements) == sent.count(b"ALTER USER") == 1, sent
        # The session stays, and goes on.
        terminal.type("SELECT 'still ' || 'here';")
        terminal.see("still here")
    finally:
        terminal.close()
    secured.wait_level()
    wait_until(lambda: lets_in("clerk", second), what="the new password on both")
    for node in secured.nodes:
        assert "password authentication failed" in refused(node, "clerk", password=first, sslmode="require")
    # An administrator does it for somebody else, whose password it never hears of either.
    terminal = Terminal(secured.primary, "admin", PASSWORDS["admin"])
    try:
        sent += terminal.change(r"\password clerk", "clerk", third, third)
        assert "ERROR" not in terminal.shown, terminal.shown
    finally:
        terminal.close()
    secured.wait_level()
    wait_until(lambda: lets_in("clerk", third), what="the password that was given")
    for node in secured.nodes:
        assert "password authentication failed" in refused(node, "clerk", password=second, sslmode="require")
    for password in (second, third, "not the same", "as this one"):
        assert password.encode() not in sent
        assert all(password not in node.text() for node in secured.nodes)
    assert all("SCRAM-SHA-256$" not in node.text() for node in secured.nodes)


def test_the_commands_log_in(secured, certificates, tmp_path):
    login = ["--tls", "verify-full", "--tls-ca", certificates / "root.pem", "--user", "admin", "--password-file",
             password_file(tmp_path, "admin")]
    url = ["--url", f"127.0.0.1:{secured.primary.port}"]
    status = tandem("status", *url, *login)
    assert status.returncode == 0 and status.stdout.count("ready") == 2, status.stdout + status.stderr
    assert "password" in tandem("status", *url, "--tls", "require").stderr
    assert "over TLS only" not in tandem("status", *url).stderr  # On loopback clear text is taken, with a password.
    added = tandem("user", "add", "clerk", "--role", "read", *url, *login, stdin="new-password\n")
    assert added.returncode == 0, added.stderr
    assert "clerk\tread" in tandem("user", "list", *url, *login).stdout
    assert connect(secured.primary, "clerk", password="new-password").execute("SELECT 1").fetchone() == (1,)
    assert tandem("user", "password", "clerk", *url, *login, stdin="newer\n").returncode == 0
    refused(secured.primary, "clerk", password="new-password")
    assert tandem("user", "remove", "clerk", *url, *login).returncode == 0
    refused(secured.primary, "clerk", password="newer")


def test_snapshots_backups_and_comparisons_go_over_tls_as_their_users(secured, certificates, tmp_path):
    with connect(secured.primary, "writer", sslmode="require") as writer:
        writer.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x BLOB)")
        writer.execute("INSERT INTO t (x) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                       "SELECT randomblob(1000) FROM n")
    secured.wait_level()
    secured.replica.stop()
    secured.replica.options.append("--resync")
    secured.replica.start()
    wait_until(lambda: "a snapshot was installed" in secured.replica.text(), what="the snapshot")
    secured.replica.options.remove("--resync")
    secured.wait_level()

    def run(command, *arguments, user="admin"):
        return tandem(
            command, *arguments, "--url", f"127.0.0.1:{secured.primary.port}", "--tls", "verify-full", "--tls-ca",
            certificates / "root.pem", "--user", user, "--password-file", password_file(tmp_path, user))

    answer = run("verify", "--json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert json.loads(answer.stdout)["sound"] and len(json.loads(answer.stdout)["nodes"]) == 2
    # It holds nodes, and shows rows: who may do neither is told so, and nothing is called sound.
    for user in ("reader", "node"):
        answer = run("verify", user=user)
        assert answer.returncode == 2 and "permission denied" in answer.stderr, answer.stdout + answer.stderr
    backup = run("backup", tmp_path / "backup.sqlite")
    assert backup.returncode == 0, backup.stderr
    with sqlite3.connect(tmp_path / "backup.sqlite") as copy:
        assert copy.execute("SELECT count(*), sum(length(x)) FROM t").fetchone() == (3000, 3_000_000)


def test_a_replica_survives_the_primarys_restart_and_a_wrong_password_is_named(secured, certificates):
    secured.primary.stop()
    secured.primary.start()
    secured.wait_ready()
    with connect(secured.primary, "writer", sslmode="require") as writer:
        writer.execute("CREATE TABLE again (a)")
    secured.replica.stop()
    secret = certificates / "node.password"
    good = secret.read_text()
    try:
        secret.write_text("wrong\n")
        secured.replica.start()
        wait_until(lambda: "password authentication failed for user \"node\"" in secured.replica.text(),
                   what="the replica says why")
        # SIGHUP reads it again.
        secret.write_text(good)
        secured.replica.process.send_signal(signal.SIGHUP)
        secured.wait_level()
    finally:
        secret.write_text(good)


def test_a_replica_believes_no_primary_with_a_certificate_of_somebody_else(tmp_path, certificates):
    primary = Node(tmp_path / "primary", "primary", options=["--acknowledgements", "0", *map(str, [
        "--tls-certificate", certificates / "stranger.pem", "--tls-key", certificates / "stranger.key"])])
    replica = Node(tmp_path / "replica", "replica", primary, options=[
        "--replication-tls", "verify-ca", "--replication-tls-ca", str(certificates / "root.pem")])
    try:
        primary.start()
        primary.wait_ready()
        replica.start()
        wait_until(lambda: "not signed by a root that is trusted" in replica.text(), what="the replica says why")
    finally:
        primary.kill()
        replica.kill()


def test_channel_binding_and_verification_as_libpq_does_them(secured, certificates, tmp_path):
    root = str(certificates / "root.pem")
    other = str(certificates / "other.pem")
    connect(secured.primary, "reader", sslmode="verify-full", sslrootcert=root, channel_binding="require").close()
    assert "certificate verify failed" in refused(secured.primary, "reader", sslmode="verify-ca", sslrootcert=other)
    assert "channel binding required" in refused(
        secured.primary, "reader", sslmode="disable", channel_binding="require")
    for version in ("TLSv1.2", "TLSv1.3"):
        with connect(secured.primary, "reader", sslmode="require", ssl_min_protocol_version=version,
                     ssl_max_protocol_version=version, channel_binding="require") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    with connect(secured.primary, "reader", sslmode="require") as connection:
        large = "x" * 3_000_000
        assert connection.execute("SELECT %s::text", (large,)).fetchone() == (large,)


def test_old_versions_of_tls_are_refused(secured):
    # Debian's OpenSSL speaks 1.1 only at its lowest security level.
    result = subprocess.run(
        ["openssl", "s_client", "-starttls", "postgres", "-connect", f"127.0.0.1:{secured.primary.port}", "-tls1_1",
         "-cipher", "ALL:@SECLEVEL=0"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert "alert protocol version" in result.stderr
    good = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{secured.primary.port}", "-alpn", "postgresql"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert "ALPN protocol: postgresql" in good.stdout


def test_clients_show_certificates_where_they_are_asked_for(tmp_path, certificates):
    node = Node(tmp_path, "primary", options=["--acknowledgements", "0", *map(str, [
        *tls_options(certificates), "--tls-client-ca", certificates / "root.pem"])])
    node.status = lambda: SecuredPair.status_of(node)
    add_first_user(node, "reader", tmp_path)

    def shown(name):
        return {"sslmode": "require", "sslcert": str(certificates / f"{name}.pem"), "sslkey": str(certificates / f"{name}.key")}
    try:
        node.start()
        wait_until(lambda: connect(node, "reader", **shown("client")), what="a log-in with a certificate")
        assert "password authentication failed" in refused(node, "reader", password="wrong", **shown("client"))
        refused(node, "reader", **shown("stranger"))
        refused(node, "reader", sslmode="require", sslcert="/nonexistent")
        assert "over TLS only" in refused(node, "reader", sslmode="disable")
    finally:
        node.kill()


def test_a_renewed_certificate_is_read_at_sighup(tmp_path, certificates):
    for name in ("server", "renewed"):
        for kind in ("pem", "key"):
            (tmp_path / f"{name}.{kind}").write_bytes((certificates / f"{name}.{kind}").read_bytes())
            (tmp_path / f"{name}.{kind}").chmod(0o600)
    node = Node(tmp_path, "primary", options=["--acknowledgements", "0", *map(str, tls_options(tmp_path))]).start()

    def served():
        result = subprocess.run(
            ["openssl", "s_client", "-starttls", "postgres", "-connect", f"127.0.0.1:{node.port}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        return re.search(r"subject=(.*)", result.stdout).group(1)
    try:
        node.wait_ready()
        assert "server" in served()
        session = node.connect(sslmode="require")
        for kind in ("pem", "key"):
            os.replace(tmp_path / f"renewed.{kind}", tmp_path / f"server.{kind}")
        node.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "renewed" in served(), what="the renewed certificate")
        assert session.execute("SELECT 1").fetchone() == (1,)
        (tmp_path / "server.pem").write_text("nonsense")
        node.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "were not all read again" in node.text(), what="the log says what is wrong")
        assert "renewed" in served()
    finally:
        node.kill()


def test_everybody_is_let_in_on_loopback_until_there_is_a_user(tmp_path):
    node = Node(tmp_path, "primary", options=["--acknowledgements", "0"]).start()
    try:
        node.wait_ready()
        # Nobody could make another user any more.
        refusal = tandem("user", "add", "clerk", "--role", "read", "--url", f"127.0.0.1:{node.port}", stdin="x\n")
        assert refusal.returncode == 1 and "administrate" in refusal.stderr, refusal.stderr
        added = tandem("user", "add", "admin", "--role", "administrate", "--url", f"127.0.0.1:{node.port}",
                       stdin=PASSWORDS["admin"] + "\n")
        assert added.returncode == 0, added.stderr
        assert "no password supplied" in refused(node, "test", password="")
        assert connect(node, "admin").execute("SELECT 1").fetchone() == (1,)
        node.stop()
        # Who has lost the password: the file wins, and is gone once its users are in the database.
        result = tandem("user", "add", "node", "--role", "replicate", "--data", node.data, stdin="x\n")
        assert result.returncode == 0 and "administrate" in result.stderr, result.stderr
        result = tandem("user", "add", "admin", "--role", "administrate", "--data", node.data, stdin="another\n")
        assert (result.returncode, result.stderr) == (0, ""), result.stderr
        node.start()
        wait_until(lambda: connect(node, "admin", password="another"), what="the new password")
        wait_until(lambda: not (node.data / "users").exists(), what="the users in the database")
        assert connect(node, "admin", password="another").execute("SELECT 1").fetchone() == (1,)
        assert "in use" in tandem("user", "add", "x", "--data", node.data, stdin="y\n").stderr
    finally:
        node.kill()


def start_and_fail(tmp_path, *options):
    result = subprocess.run(
        [TANDEM, "primary", "--data", str(tmp_path / "data"), *map(str, options)], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=30)
    assert result.returncode != 0
    return result.stderr


def test_other_machines_are_let_in_only_with_tls_and_users(tmp_path, certificates):
    refusal = start_and_fail(tmp_path, "--listen", f"0.0.0.0:{free_port()}")
    for word in ("--tls-certificate", "--tls-key", "tandem user add NAME --data", "--insecure"):
        assert word in refusal
    assert "--tls-key" in start_and_fail(tmp_path, "--tls-certificate", certificates / "server.pem")
    key = tmp_path / "open.key"
    key.write_bytes((certificates / "server.key").read_bytes())
    key.chmod(0o644)
    assert "chmod 600" in start_and_fail(tmp_path, "--tls-certificate", certificates / "server.pem", "--tls-key", key)
    assert "belong to each other" in start_and_fail(
        tmp_path, "--tls-certificate", certificates / "server.pem", "--tls-key", certificates / "client.key")

    node = Node(tmp_path / "node", "primary", options=["--acknowledgements", "0", *map(str, tls_options(certificates))])
    node.command = lambda: [TANDEM, "primary", "--data", str(node.data), "--listen", f"0.0.0.0:{node.port}", *node.options]
    try:
        node.start()
        wait_until(lambda: "nobody can log in: there is no user yet" in node.text(), what="the warning")
        wait_until(lambda: "node started" in node.text(), what="the start")
        assert "password" in refused(node, "anybody", password="x", sslmode="require")
        node.stop()
        add_first_user(node, "reader", tmp_path)
        node.start()
        wait_until(lambda: connect(node, "reader", sslmode="require"), what="the first user")
        assert "over TLS only" in refused(node, "reader", sslmode="disable")
        node.stop()
        node.options.append("--insecure")
        node.start()
        wait_until(lambda: "INSECURE" in node.text(), what="the loud line")
    finally:
        node.kill()
