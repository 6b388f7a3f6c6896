"""A replica as PostgreSQL's hot standby: what clients, routers and monitoring ask it."""

import datetime
import threading

import psycopg
import pytest

from conftest import wait_until
from wire import Wire, errors, query


def connected_to(first, second, target):
    with psycopg.connect(
            host="127.0.0.1,127.0.0.1", port=f"{first.port},{second.port}", user="test", dbname="test",
            target_session_attrs=target, connect_timeout=5) as connection:
        return connection.info.port


@pytest.mark.parametrize("target, role", [
    ("read-write", "primary"), ("primary", "primary"), ("read-only", "replica"), ("standby", "replica"), ("prefer-standby", "replica")])
def test_libpq_chooses_between_both_nodes_of_one_connection_string(shared_pair, target, role):
    expected = shared_pair.primary.port if role == "primary" else shared_pair.replica.port
    assert connected_to(shared_pair.primary, shared_pair.replica, target) == connected_to(shared_pair.replica, shared_pair.primary, target) == expected


def test_prefer_standby_takes_the_primary_where_there_is_nothing_else(pair):
    pair.replica.stop()
    assert connected_to(pair.replica, pair.primary, "prefer-standby") == pair.primary.port


def test_roles_are_told_in_parameters_and_functions(shared_pair):
    for node, is_replica in [(shared_pair.primary, False), (shared_pair.replica, True)]:
        with node.connect() as connection:
            on = b"on" if is_replica else b"off"
            assert connection.pgconn.parameter_status(b"in_hot_standby") == on
            assert connection.pgconn.parameter_status(b"default_transaction_read_only") == on
            assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (is_replica,)
            assert connection.execute("SHOW in_hot_standby").fetchone() == (on.decode(),)


def test_positions_follow_the_log(shared_pair):
    with shared_pair.primary.connect() as primary, shared_pair.replica.connect() as replica:
        primary.execute("CREATE TABLE t (a INT)")
        before = primary.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
        for number in range(5):
            primary.execute(f"INSERT INTO t VALUES ({number})")
        after = primary.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
        assert primary.execute(f"SELECT pg_wal_lsn_diff('{after}', '{before}')").fetchone()[0] == 5
        assert primary.execute("SELECT pg_last_wal_replay_lsn(), pg_last_xact_replay_timestamp()").fetchone() == (None, None)
        shared_pair.wait_level()
        replayed, received, current, age = replica.execute(
            "SELECT pg_last_wal_replay_lsn(), pg_last_wal_receive_lsn(), pg_current_wal_lsn(),"
            " extract(epoch from now() - pg_last_xact_replay_timestamp())").fetchone()
        assert (replayed, received, current) == (after, after, None) and 0 <= age < 60


# What is asked of PostgreSQL for the lag of its standbys, by hand and by programs.
EXPORTER = ("SELECT *, (case pg_is_in_recovery() when true then null else pg_current_wal_lsn() end) AS pg_current_wal_lsn, "
            "(case pg_is_in_recovery() when true then null else pg_wal_lsn_diff(pg_current_wal_lsn(), pg_lsn('0/0'))::float "
            "end) AS bytes, (case pg_is_in_recovery() when true then null else pg_wal_lsn_diff(pg_current_wal_lsn(), "
            "replay_lsn)::float end) AS behind FROM pg_stat_replication")
BY_HAND = ("SELECT client_addr, pg_current_wal_lsn() - replay_lsn AS behind, pg_current_wal_lsn() - sent_lsn AS unsent, "
           "replay_lsn - '0/0' AS position FROM pg_stat_replication")
ON_STANDBY = ("SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() "
              "THEN 0 ELSE GREATEST (0, EXTRACT(EPOCH FROM (now() - pg_last_xact_replay_timestamp()))) END AS lag")


def test_questions_for_the_lag_are_answered_as_postgresql_does(make_pair):
    pair = make_pair(acknowledgements="0").start()
    with pair.primary.connect(row_factory=psycopg.rows.dict_row) as primary:
        primary.execute("CREATE TABLE t (a INT)")
        pair.wait_level()

        def level():
            by_hand, exporter = (primary.execute(sql).fetchone() for sql in (BY_HAND, EXPORTER))
            return (by_hand and exporter and by_hand["behind"] == 0 and by_hand["unsent"] == 0
                    and by_hand["position"] == exporter["bytes"] > 0 and exporter["behind"] == 0)
        wait_until(level, what="nothing is behind")
        assert [node.query(ON_STANDBY) for node in pair.nodes] == [[(0,)], [(0,)]]
        pair.replica.pause()
        try:
            for number in range(7):
                primary.execute(f"INSERT INTO t VALUES ({number})")
            assert primary.execute(BY_HAND).fetchone()["behind"] == 7
            assert primary.execute(EXPORTER).fetchone()["behind"] == 7
        finally:
            pair.replica.resume()
        sql = "SELECT pg_lsn('1/2') - '0/00000001'::pg_lsn AS a, '0/10'::pg_lsn - '0/0F' AS b, pg_lsn('0/A') AS c"
        assert primary.execute(sql).fetchone() == {"a": (1 << 32) + 1, "b": 1, "c": "0/0000000A"}


@pytest.mark.parametrize("acknowledgements, state", [("0", "async"), ("1", "quorum"), ("all", "sync")])
def test_how_commits_wait_for_a_replica_is_shown(make_pair, acknowledgements, state):
    pair = make_pair(acknowledgements=acknowledgements).start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")

    def shown():
        return pair.primary.query("SELECT sync_state, write_lsn = sent_lsn, write_lsn = pg_current_wal_lsn() FROM pg_stat_replication")
    wait_until(lambda: shown() == [(state, True, True)], what="the replica is shown")


def test_the_primary_shows_its_replicas_and_a_replica_its_stream(shared_pair):
    def shown():
        return shared_pair.primary.query(
            "SELECT state, sync_state, sent_lsn = pg_current_wal_lsn(), flush_lsn = sent_lsn, replay_lsn = sent_lsn, client_port"
            " FROM pg_stat_replication")
    shared_pair.primary.query("SELECT 1")
    wait_until(lambda: shown() == [("streaming", "quorum", True, True, True, shared_pair.replica.port)], what="the replica is shown")
    assert shared_pair.replica.query("SELECT * FROM pg_stat_replication") == []
    assert shared_pair.replica.query("SELECT status, sender_port FROM pg_stat_wal_receiver") == [("streaming", shared_pair.primary.port)]


def test_the_lags_of_a_replica_are_measured_and_grow_while_it_lacks_something(shared_pair):
    def lags():
        return shared_pair.primary.query("SELECT write_lag, flush_lag, replay_lag FROM pg_stat_replication")[0]

    def commit():
        shared_pair.primary.query("SELECT 1")
        with shared_pair.primary.connect() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS lags (a); INSERT INTO lags VALUES (1)")

    commit()
    write, flush, replay = wait_until(lambda: None not in lags() and lags(), what="lags were measured")
    assert datetime.timedelta() <= write <= flush < datetime.timedelta(minutes=1) > replay >= datetime.timedelta()
    shared_pair.replica.pause()
    try:
        writer = threading.Thread(target=commit)
        writer.start()
        wait_until(lambda: min(lags()) >= datetime.timedelta(milliseconds=500), what="the lags grow")
    finally:
        shared_pair.replica.resume()
    writer.join(30)
    assert not writer.is_alive()


def test_sessions_are_shown_to_each_other(shared_pair):
    with shared_pair.primary.connect(application_name="first") as first, shared_pair.primary.connect(application_name="second") as second:
        first.execute("BEGIN")
        first.execute("SELECT 'mine'")
        rows = second.execute(
            "SELECT pid, state, query, datname FROM pg_stat_activity WHERE application_name = 'first'").fetchall()
        assert rows == [(first.info.backend_pid, "idle in transaction", "SELECT 'mine'", "test")]
        assert second.execute("SELECT state FROM pg_stat_activity WHERE pid = pg_backend_pid()").fetchone() == ("active",)
        first.close()
        wait_until(
            lambda: second.execute("SELECT count(*) FROM pg_stat_activity").fetchone() == (1,), what="the session is gone")
    with psycopg.connect(host="127.0.0.1", port=shared_pair.primary.port, user="other", dbname="test") as other, shared_pair.primary.connect() as mine:
        mine.execute("SELECT 'secret'")
        assert other.execute("SELECT query FROM pg_stat_activity WHERE usename = 'test'").fetchall() == [("<insufficient privilege>",)]


def test_a_session_that_was_opened_on_the_former_primary_ends_with_its_first_write(pair):
    """Pools keep a connection whose statement fails: it was refused for ever."""
    def refusal(session, sql):
        session.send(query(sql))
        kind, body = session.next()
        fields = {field[:1]: field[1:].decode() for field in body.split(b"\0") if field}
        assert (kind, fields[b"C"]) == (b"E", "25006")
        return fields[b"V"], fields.get(b"H", "")

    new = pair.replica
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    with Wire(pair.primary) as session, Wire(pair.primary) as reader, Wire(pair.primary) as block:
        reader.send(query("SET default_transaction_read_only = on"))
        reader.ready()
        block.send(query("BEGIN"))
        block.ready()
        with pair.primary.connect() as connection:
            connection.execute(f"ALTER SYSTEM SWITCH OVER TO '127.0.0.1:{new.port}'")
        wait_until(lambda: pair.primary.status()["primary"] == f"127.0.0.1:{new.port}", what="the primary follows the new one")
        with Wire(pair.primary) as later:
            # Who says that it reads, or came to a replica, goes on.
            for one, sql in [(later, "INSERT INTO t VALUES (1)"), (later, "BEGIN READ WRITE"), (reader, "DELETE FROM t")]:
                assert refusal(one, sql)[0] == "ERROR"
                one.ready()
            for sql in ["SELECT a FROM t", "BEGIN READ ONLY"]:
                session.send(query(sql))
                assert not errors(session.ready())
            assert refusal(session, "INSERT INTO t VALUES (2)")[0] == "ERROR"
            session.ready()
            session.send(query("ROLLBACK"))
            session.ready()
            severity, hint = refusal(session, "INSERT INTO t VALUES (3)")
            assert severity == "FATAL" and f"127.0.0.1:{new.port}" in hint
            assert session.rest() == []
            assert refusal(block, "INSERT INTO t VALUES (4)")[0] == "FATAL" and block.rest() == []
            for one in (later, reader):
                one.send(query("SELECT a FROM t"))
                assert not errors(one.ready())
    assert new.query("SELECT a FROM t") == []


def test_open_sessions_are_told_of_a_switch_over(pair):
    with pair.primary.connect() as old, pair.replica.connect() as new:
        assert new.pgconn.parameter_status(b"in_hot_standby") == b"on"
        old.execute(f"ALTER SYSTEM SWITCH OVER TO '127.0.0.1:{pair.replica.port}'")
        wait_until(lambda: new.execute("SELECT pg_is_in_recovery()").fetchone() == (False,), what="the replica is the primary")
        new.execute("SELECT 1")
        assert new.pgconn.parameter_status(b"in_hot_standby") == b"off"
        assert new.execute("SHOW default_transaction_read_only").fetchone() == ("off",)
        wait_until(lambda: old.execute("SELECT pg_is_in_recovery()").fetchone() == (True,), what="the primary is a replica")
        old.execute("SELECT 1")
        assert old.pgconn.parameter_status(b"in_hot_standby") == b"on"
