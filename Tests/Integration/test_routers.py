"""Routers, pools and monitoring that were written for PostgreSQL's hot standbys, run as their users run them: pgpool-II,
PgBouncer, check_postgres, and the exporter of Prometheus."""

import asyncio
import os
import re
import subprocess
import urllib.error
import urllib.request

import asyncpg
import psycopg
import pytest

from commands import tandem, url
from conftest import free_port, wait_until
from routers import Pgpool, PgBouncer
from test_delayed import delayed, start
from wire import Wire, execute, message, parse, query, story, SYNC

OK, WARNING, CRITICAL = 0, 1, 2


def check(action, *nodes, **options):
    """The exit code of check_postgres, and what it says."""
    done = subprocess.run(
        ["check_postgres", f"--action={action}", "--dbuser=test", "--dbname=test",
         "--host=" + ",".join("127.0.0.1" for _ in nodes), "--port=" + ",".join(str(node.port) for node in nodes),
         *(f"--{name}={value}" for name, value in options.items())], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def make_pgpool(tmp_path):
    made = []

    def make(pair, **settings):
        made.append(Pgpool(tmp_path / f"pgpool{len(made)}", pair, **settings))
        return made[-1].start()

    yield make
    for pgpool in made:
        pgpool.stop()


@pytest.fixture(scope="module")
def pgpool(shared_pair, tmp_path_factory):
    """One for the tests that leave the nodes where they are."""
    pgpool = Pgpool(tmp_path_factory.mktemp("pgpool") / "one", shared_pair, names=True)
    yield pgpool.start()
    pgpool.stop()


@pytest.fixture
def make_pgbouncer(tmp_path):
    made = []

    def make(node, mode, size):
        made.append(PgBouncer(tmp_path / f"pgbouncer{len(made)}", node, mode, size))
        return made[-1].start()

    yield make
    for pgbouncer in made:
        pgbouncer.stop()


# check_postgres

def test_check_postgres_finds_a_replica_that_follows_to_be_fine(shared_pair):
    with shared_pair.primary.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS followed (a INT); INSERT INTO followed VALUES (1)")
    shared_pair.wait_level()
    for nodes in (shared_pair.nodes, shared_pair.nodes[::-1]):
        code, said = check("hot_standby_delay", *nodes, warning=1, critical=2)
        assert code == OK and "replay_delay=0;" in said and f"(port={shared_pair.replica.port})" in said, said


def test_check_postgres_raises_an_alarm_when_a_replica_is_behind(make_pair):
    pair = delayed(make_pair, "1h")
    start(pair)
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        for number in range(10):
            connection.execute(f"INSERT INTO t VALUES ({number})")
    for expected, limits in [(OK, (1000, 2000)), (WARNING, (5, 1000)), (CRITICAL, (2, 5))]:
        code, said = check("hot_standby_delay", *pair.nodes, warning=limits[0], critical=limits[1])
        assert code == expected, said
        # All of it is there, and nothing applied.
        assert int(re.search(r"replay_delay=(\d+)", said)[1]) > 10 and "receive-delay=0;" in said, said


def test_check_postgres_sees_a_row_arrive_on_the_replica(shared_pair):
    with shared_pair.primary.connect() as connection:
        connection.execute("CREATE TABLE arriving (id INT PRIMARY KEY, word TEXT); INSERT INTO arriving VALUES (1, 'one')")
    code, said = check("replicate_row", shared_pair.primary, host2="127.0.0.1", port2=shared_pair.replica.port,
                       warning=50, critical=55, repinfo="arriving,id,1,word,one,two")
    assert code == OK and "Row was replicated" in said, said


@pytest.mark.parametrize("action, options", [
    ("connection", {}), ("backends", {}), ("query_time", {"warning": "50s"}), ("txn_time", {"warning": "50s"}),
    ("txn_idle", {"warning": "50s"}), ("database_size", {"critical": "1GB"}),
    ("relation_size", {"critical": "1GB"}), ("replication_slots", {"critical": "1GB"}), ("prepared_txns", {}),
    ("disabled_triggers", {}), ("sequence", {}), ("timesync", {"critical": 50}), ("commitratio", {}), ("dbstats", {}),
    ("custom_query", {"query": "SELECT 1 AS result", "critical": 5}),
])
def test_check_postgres_is_content_with_both_nodes(shared_pair, action, options):
    with shared_pair.primary.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS sized (id SERIAL PRIMARY KEY)")
    shared_pair.wait_level()
    for node in shared_pair.nodes:
        code, said = check(action, node, **options)
        assert code == OK and "line" not in said, said


def test_check_postgres_finds_the_schema_of_both_nodes_the_same(shared_pair):
    code, said = check("same_schema", *shared_pair.nodes)
    assert code == OK, said


@pytest.mark.parametrize("action", ["txn_time", "txn_idle"])
def test_check_postgres_warns_of_a_transaction_that_is_open_for_long(shared_pair, action):
    with shared_pair.primary.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT 1")
        wait_until(lambda: check(action, shared_pair.primary, warning="1s")[0] == WARNING, what="the warning")
        connection.execute("ROLLBACK")
    assert check(action, shared_pair.primary, warning="1s")[0] == OK


# pgpool-II

def answered_by(connection, sql="SELECT inet_server_port()", parameters=None):
    return connection.execute(sql, parameters).fetchone()[0]


def test_pgpool_finds_the_primary_and_shows_the_standby(shared_pair, pgpool):
    wait_until(lambda: pgpool.shows("role") == pgpool.shows("pg_role") == ["primary", "standby"], what="the primary is found")
    wait_until(lambda: pgpool.shows("status") == ["up", "up"], what="both are up")
    wait_until(lambda: pgpool.shows("replication_state")[1] == "streaming", what="the stream is shown")
    wait_until(lambda: pgpool.shows("replication_delay") == ["0", "0"], what="nothing is behind")
    assert pgpool.shows("replication_sync_state")[1] == "quorum"


@pytest.mark.parametrize("values", [True, False], ids=["extended", "simple"])
def test_pgpool_sends_reads_to_the_replica_and_writes_to_the_primary(shared_pair, pgpool, values):
    table = f"routed_{values}"

    def both(sql):
        """The statement with a number in it: as a parameter, or in its text."""
        return (sql, (7,)) if values else (sql.replace("%s", "7"), None)
    with pgpool.connect() as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
        connection.execute(*both(f"INSERT INTO {table} VALUES (%s)"))
        shared_pair.wait_level()
        where = both(f"SELECT inet_server_port(), id FROM {table} WHERE id = %s")
        assert connection.execute(*where).fetchall() == [(shared_pair.replica.port, 7)]
        # Behind a write a transaction reads what it wrote.
        with connection.transaction():
            connection.execute(*both(f"INSERT INTO {table} VALUES (%s + 1)"))
            assert answered_by(connection, *both(f"SELECT inet_server_port() FROM {table} WHERE id = %s + 1")) == shared_pair.primary.port
        with connection.transaction():
            connection.execute("SET TRANSACTION READ ONLY")
            assert connection.execute(*where).fetchall() == [(shared_pair.replica.port, 7)]


@pytest.mark.parametrize("threshold", [None, 0])
def test_pgpool_takes_the_statements_of_psycopg(shared_pair, pgpool, threshold):
    table = f"psycopg_{threshold}"
    with pgpool.connect(prepare_threshold=threshold) as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, word TEXT)")
        for number in range(5):
            with connection.transaction():
                connection.execute(f"INSERT INTO {table} VALUES (%s, %s)", (number, "x"))
                assert connection.execute(f"SELECT word FROM {table} WHERE id = %s", (number,)).fetchall() == [("x",)]
        shared_pair.wait_level()
        assert len(connection.execute(f"SELECT id FROM {table} WHERE id < %s", (5,)).fetchall()) == 5
        with connection.pipeline():
            cursors = [connection.execute("SELECT %s::int", (number,)) for number in range(5)]
        assert [cursor.fetchone() for cursor in cursors] == [(number,) for number in range(5)]


@pytest.mark.parametrize("cache", [0, 100])
def test_pgpool_takes_the_statements_of_asyncpg(shared_pair, pgpool, cache):
    table = f"asyncpg_{cache}"

    async def main():
        connection = await asyncpg.connect(
            host="127.0.0.1", port=pgpool.port, user="test", database="test", timeout=30, statement_cache_size=cache)
        await connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, word TEXT)")
        for number in range(5):
            async with connection.transaction():
                await connection.execute(f"INSERT INTO {table} VALUES ($1, $2)", number, "x")
                assert await connection.fetchval(f"SELECT word FROM {table} WHERE id = $1", number) == "x"
        await connection.executemany(f"INSERT INTO {table} VALUES ($1, $2)", [(number, "y") for number in range(5, 9)])
        shared_pair.wait_level()
        assert len(await connection.fetch(f"SELECT id FROM {table} WHERE id < $1", 100)) == 9
        async with connection.transaction():
            assert len([row async for row in connection.cursor(f"SELECT id FROM {table}")]) == 9
        await connection.close(timeout=30)
    asyncio.run(main())


# What pgpool asks the catalogue: functions that depend on where they are called are called on the primary.
@pytest.mark.parametrize("function, node", [
    ("count(*)", "replica"), ("max(length(upper('a')))", "replica"), ("round(1.5)", "replica"), ("now()", "replica"),
    ("coalesce(sum(1), abs(0))", "replica"), ("pg_advisory_lock(1)", "primary"), ("pg_try_advisory_lock(1)", "primary"),
    ("pg_is_in_recovery()", "primary"), ("pg_sleep(0)", "primary"), ("gen_random_uuid()", "primary"), ("random()", "primary"),
    ("clock_timestamp()", "primary")])
def test_pgpool_sends_a_function_where_the_catalogue_says(shared_pair, pgpool, function, node):
    with pgpool.connect() as connection:
        assert answered_by(connection, f"SELECT inet_server_port(), {function}") == getattr(shared_pair, node).port


def test_pgpool_asks_the_primary_for_the_key_of_the_last_row(pgpool):
    with pgpool.connect() as connection:
        connection.execute("CREATE TABLE numbered (id SERIAL PRIMARY KEY, word TEXT)")
        connection.execute("INSERT INTO numbered (word) VALUES ('a')")
        assert connection.execute("SELECT lastval()").fetchone() == (1,)
        assert connection.execute("SELECT currval('numbered_id_seq')").fetchone() == (1,)


def test_a_statement_is_closed_while_its_portal_is_run(shared_pair):
    """pgpool closes the statement first, with each question that it puts in between those of a client."""
    bind = message(b"B", b"p\0s\0" + b"\0\0" * 3)
    with Wire(shared_pair.primary) as session:
        session.send(query("BEGIN"))
        session.ready()
        session.send(parse("SELECT 1 UNION ALL SELECT 2", b"s"), bind, execute(1, b"p"), message(b"C", b"Ss\0"),
                     message(b"D", b"Pp\0"), execute(0, b"p"), message(b"C", b"Pp\0"), SYNC)
        assert story(session.ready()) == ["1", "2", "D", "s", "3", "T", "D", "C SELECT 1", "3", "Z T"]


def test_pgpool_reads_from_the_primary_while_the_replica_is_too_far_behind(make_pair, make_pgpool):
    pair = delayed(make_pair, "1h")
    start(pair)
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        for number in range(20):
            connection.execute(f"INSERT INTO t VALUES ({number})")
    pgpool = make_pgpool(pair, delay_threshold=10)
    wait_until(lambda: int(pgpool.shows("replication_delay")[1]) > 10, what="the delay is shown")
    with pgpool.connect() as connection:
        assert connection.execute("SELECT inet_server_port(), max(id) FROM t").fetchall() == [(pair.primary.port, 19)]
    pgpool = make_pgpool(pair, delay_threshold=1000)
    wait_until(lambda: int(pgpool.shows("replication_delay")[1]) > 10, what="the delay is shown")
    with pgpool.connect() as connection:
        assert answered_by(connection) == pair.replica.port


def comes_back(pgpool, pair):
    """The former primary is a standby of the other node, and reads and writes are answered."""
    wait_until(lambda: pgpool.shows("pg_role") == pgpool.shows("role") == ["standby", "primary"], 60, "the new primary is known")
    wait_until(lambda: pgpool.shows("status") == ["up", "up"], 60, "the old one is back")

    def writes():
        with pgpool.connect() as connection:
            return connection.execute("INSERT INTO t (id) VALUES ((SELECT max(id) + 1 FROM t)) RETURNING id").fetchall()
    [(number,)] = wait_until(writes, what="a write")
    assert pair.replica.query("SELECT max(id) FROM t") == [(number,)]


def test_pgpool_follows_a_promotion(make_pair, make_pgpool):
    pair = make_pair().start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
    pgpool = make_pgpool(pair, names=True)
    pair.primary.kill()
    tandem("promote", "--url", url(pair.replica))
    pair.primary.start()
    comes_back(pgpool, pair)


def test_pgpool_follows_a_switch_over_when_it_is_told_of_it(make_pair, make_pgpool):
    """It looks for the primary only when a node is lost: PostgreSQL's own is stopped for that."""
    pair = make_pair().start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
    pgpool = make_pgpool(pair, names=True)
    tandem("switch-over", "--to", url(pair.replica), "--url", url(pair.primary))
    pgpool.control("pcp_detach_node", "-n", "0")
    wait_until(lambda: pgpool.shows("role") == ["standby", "primary"], 60, "the new primary is known")
    pgpool.control("pcp_attach_node", "-n", "0")
    comes_back(pgpool, pair)


# PgBouncer

CLIENTS, TIMES = 8, 5


def test_pgbouncer_shares_a_few_sessions_among_the_transactions_of_psycopg(make_pair, make_pgbouncer):
    pair = make_pair().start()
    pool = make_pgbouncer(pair.primary, "transaction", 2)
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)")
    connections = [pool.connect(prepare_threshold=None, application_name=f"client {number}") for number in range(CLIENTS)]
    for turn in range(TIMES):
        for number, connection in enumerate(connections):
            with connection.transaction():
                connection.execute("INSERT INTO t VALUES (%s, %s)", (turn * CLIENTS + number, "x"))
                connection.execute("UPDATE t SET word = current_setting('application_name') WHERE id = %s", (turn * CLIENTS + number,))
    assert pair.primary.query("SELECT word, count(*) FROM t GROUP BY 1 ORDER BY 1") == [
        (f"client {number}", TIMES) for number in range(CLIENTS)]
    assert pair.primary.query("SELECT count(*) <= 3 FROM pg_stat_activity") == [(1,)]  # Two, and who asks.
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("mode, cache", [("transaction", 0), ("session", 100)])
def test_pgbouncer_takes_the_statements_of_asyncpg(make_pair, make_pgbouncer, mode, cache):
    pair = make_pair().start()
    pool = make_pgbouncer(pair.primary, mode, 2 if mode == "transaction" else CLIENTS)
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)")

    async def client(number):
        connection = await asyncpg.connect(
            host="127.0.0.1", port=pool.port, user="test", database="test", timeout=30, statement_cache_size=cache)
        for turn in range(TIMES):
            row = turn * CLIENTS + number
            async with connection.transaction():
                await connection.execute("INSERT INTO t VALUES ($1, $2)", row, "x")
                assert await connection.fetchval("SELECT word FROM t WHERE id = $1", row) == "x"
            assert await connection.fetchval("SELECT id FROM t WHERE id = $1", row) == row
        await connection.close(timeout=30)

    async def main():
        await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    asyncio.run(main())
    assert pair.primary.query("SELECT count(*) FROM t") == [(TIMES * CLIENTS,)]


def test_pgbouncer_lets_go_of_a_session_on_a_former_primary(make_pair, make_pgbouncer):
    """Its sessions there would refuse each write for ever, although that node is the primary again."""
    pair = make_pair().start()
    pool = make_pgbouncer(pair.primary, "transaction", 1)
    with pool.connect(prepare_threshold=None) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        tandem("switch-over", "--to", url(pair.replica), "--url", url(pair.primary))
        wait_until(lambda: pair.primary.status()["role"] == "replica", what="the primary is a replica")
        assert connection.execute("SELECT count(*) FROM t").fetchall() == [(0,)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("INSERT INTO t VALUES (1)")
    # The next session is one with a replica, and stays.
    with pool.connect(prepare_threshold=None) as connection:
        for _ in range(2):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                connection.execute("INSERT INTO t VALUES (1)")
        pair.wait_level()
        tandem("switch-over", "--to", url(pair.primary), "--url", url(pair.replica))
        wait_until(lambda: pair.primary.status()["role"] == "primary", what="the first is the primary again")
        connection.execute("INSERT INTO t VALUES (1)")


# The exporter of Prometheus

LAG = """
pg_replication:
  query: "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 ELSE GREATEST (0, EXTRACT(EPOCH FROM (now() - pg_last_xact_replay_timestamp()))) END AS lag"
  master: true
  metrics:
    - lag:
        usage: "GAUGE"
        description: "Replication lag behind master in seconds"
"""


@pytest.fixture(scope="module")
def metrics(shared_pair, tmp_path_factory):
    """What is exported of each node: names with labels, and values."""
    queries = tmp_path_factory.mktemp("exporter") / "queries.yaml"
    queries.write_text(LAG)
    with shared_pair.primary.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS exported (a INT); INSERT INTO exported VALUES (1)")
    wait_until(lambda: shared_pair.primary.query("SELECT pg_current_wal_lsn() - replay_lsn FROM pg_stat_replication") == [(0,)],
               what="the primary knows that the replica is level")

    def fetch(node):
        port = free_port()
        process = subprocess.Popen(
            ["prometheus-postgres-exporter", f"--web.listen-address=127.0.0.1:{port}", f"--extend.query-path={queries}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"DATA_SOURCE_NAME": f"postgresql://test@127.0.0.1:{node.port}/test?sslmode=disable"})
        try:
            def read():
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
                        return answer.read().decode()
                except urllib.error.URLError as error:
                    raise OSError(error)
            lines = wait_until(read, what="the exporter").splitlines()
        finally:
            process.terminate()
            process.wait(20)
        return dict(line.rsplit(" ", 1) for line in lines if line.startswith("pg_"))
    return [fetch(node) for node in shared_pair.nodes]


def values(metrics, name):
    return [float(value) for key, value in metrics.items() if key.split("{")[0] == name]


def test_the_exporter_tells_how_far_the_replica_is(metrics):
    primary, replica = metrics
    assert values(primary, "pg_up") == values(replica, "pg_up") == [1]
    assert values(primary, "pg_stat_replication_pg_wal_lsn_diff") == [0]
    assert values(primary, "pg_stat_replication_pg_current_wal_lsn_bytes")[0] > 0
    assert values(primary, "pg_replication_lag") == [0] and 0 <= values(replica, "pg_replication_lag")[0] < 60
    assert values(replica, "pg_stat_replication_pg_wal_lsn_diff") == []


def test_the_exporter_is_refused_nothing(metrics):
    for node in metrics:
        assert values(node, "pg_exporter_last_scrape_error") == [0]


def test_the_exporter_tells_of_sessions_and_their_limit(metrics):
    for node in metrics:
        assert max(values(node, "pg_stat_database_numbackends"), default=0) >= 1
        assert values(node, "pg_settings_max_connections") == [500]
