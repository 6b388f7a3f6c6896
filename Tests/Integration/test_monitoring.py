"""What programs that watch PostgreSQL ask a node: settings, counts, sizes, the log; beside a PostgreSQL server where it has
the same."""

import psycopg
import pytest

from conftest import wait_until


@pytest.fixture(scope="module")
def both(shared_pair, postgresql):
    """A connection to each, and the pair."""
    with shared_pair.primary.connect() as tandem, postgresql.connect() as other:
        yield tandem, other, shared_pair


def refusal(connection, sql, parameters=None):
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(sql, parameters)
    return caught.value.sqlstate, caught.value.diag.message_primary


# Settings

OWN = {"timezone", "datestyle", "intervalstyle"}  # PostgreSQL writes them in another case.


def test_settings_have_postgresqls_types_units_and_words(both):
    """Monitors read the numbers and booleans, and tell them in their units."""
    sql = "SELECT name, vartype, unit, enumvals FROM pg_settings ORDER BY name"
    tandem, other = [{row[0].lower(): row[1:] for row in connection.execute(sql).fetchall()} for connection in both[:2]]
    common = set(tandem) & set(other)
    assert len(common) > 50 and set(tandem) - common <= {"is_superuser", "session_authorization", "tandem.commit_timeout"}
    assert {name: tandem[name] for name in common} == {name: other[name] for name in common}


def test_the_nodes_settings_are_told(both):
    tandem, _, pair = both

    def told(node):
        return dict(node.query("SELECT name, setting FROM pg_settings"))
    primary, replica = told(pair.primary), told(pair.replica)
    assert [primary["port"], replica["port"]] == [str(node.port) for node in pair.nodes]
    assert primary["data_directory"] != replica["data_directory"]
    assert (primary["max_connections"], primary["wal_level"], primary["hot_standby"]) == ("500", "replica", "on")
    assert (primary["autovacuum"], primary["track_counts"], primary["archive_mode"]) == ("off", "off", "off")
    assert (primary["idle_in_transaction_session_timeout"], tandem.execute(
        "SHOW idle_in_transaction_session_timeout").fetchone()) == ("10000", ("10s",))
    assert primary["cluster_name"] == pair.primary.status()["node"] != replica["cluster_name"]
    assert pair.primary.query("SELECT application_name FROM pg_stat_replication") == [(replica["cluster_name"],)]
    assert primary["synchronous_standby_names"] == f'ANY 1 ("{replica["cluster_name"]}")'
    assert (primary["primary_conninfo"], replica["primary_conninfo"]) == ("", f"host=127.0.0.1 port={pair.primary.port}")
    assert tandem.execute("SELECT current_setting('max_connections')").fetchone() == ("500",)
    assert tandem.execute("SHOW wal_segment_size").fetchone()[0].endswith("MB")
    assert ("port", str(pair.primary.port)) in tandem.execute("SHOW ALL").fetchall()


@pytest.mark.parametrize("sql", [
    "SET max_connections = 5", "SET wal_level = 'minimal'", "SET ssl = on", "SET wal_segment_size = '1GB'", "RESET port",
    "SELECT set_config('port', '1', false)", "SET autovacuum = on", "SELECT current_setting('no_such')", "SHOW no_such"])
def test_settings_of_the_node_are_refused_in_postgresqls_words(both, sql):
    tandem, other, _ = both
    assert refusal(tandem, sql) == refusal(other, sql)


def test_what_a_session_has_set_is_told_as_its_own(both):
    tandem, other, _ = both
    sql = ("SELECT setting, unit, source, reset_val = setting FROM pg_settings WHERE name IN ('lock_timeout', 'work_mem') "
           "ORDER BY name")
    for connection in (tandem, other):
        connection.execute("SET lock_timeout = '3s'; SET work_mem = '7MB'")
    assert tandem.execute(sql).fetchall() == other.execute(sql).fetchall() == [
        ("3000", "ms", "session", False), ("7168", "kB", "session", False)]
    for connection in (tandem, other):
        connection.execute("RESET lock_timeout; RESET work_mem")


# Counts

def test_what_is_not_counted_is_shown_as_postgresql_shows_it_without_counting(both):
    tandem, other, pair = both
    for connection in (tandem, other):
        connection.execute("CREATE TABLE uncounted (a BIGINT PRIMARY KEY, b TEXT); CREATE TABLE bare_one (a BIGINT)")
    for sql in ["SELECT relname, schemaname, seq_scan, idx_scan, n_live_tup, last_vacuum, vacuum_count FROM pg_stat_user_tables "
                "WHERE relname IN ('uncounted', 'bare_one') ORDER BY 1",
                "SELECT relname, indexrelname, idx_scan, idx_tup_read FROM pg_stat_user_indexes WHERE relname = 'uncounted'",
                "SELECT indexrelname, idx_blks_read FROM pg_statio_user_indexes WHERE relname = 'uncounted'",
                "SELECT heap_blks_read, idx_blks_read, tidx_blks_hit FROM pg_statio_user_tables WHERE relname = 'bare_one'",
                "SELECT count(*) FROM pg_stat_slru WHERE blks_read < 0", "SELECT prefetch, io_depth FROM pg_stat_recovery_prefetch",
                "SELECT count(*), max(confl_lock) FROM pg_stat_database_conflicts WHERE datname = current_database()",
                "SELECT archived_count, last_archived_wal, failed_count, stats_reset < now() FROM pg_stat_archiver",
                "SELECT count(*), max(stats_reset) < now() FROM pg_stat_bgwriter", "SELECT count(*) FROM pg_stat_wal"]:
        assert tandem.execute(sql).fetchall() == other.execute(sql).fetchall(), sql
    for connection in (tandem, other):
        connection.execute("DROP TABLE uncounted; DROP TABLE bare_one")


def test_sessions_and_commits_are_counted(both):
    tandem, _, pair = both
    sql = "SELECT numbackends, xact_commit FROM pg_stat_database WHERE datname = current_database()"
    before, commits = tandem.execute(sql).fetchone()
    with pair.primary.connect():
        assert tandem.execute(sql).fetchone()[0] == before + 1
    tandem.execute("CREATE TABLE counted (a INT)")
    for number in range(3):
        tandem.execute(f"INSERT INTO counted VALUES ({number})")
    assert tandem.execute(sql).fetchone()[1] == commits + 4
    tandem.execute("DROP TABLE counted")


def test_what_was_archived_is_counted(make_pair, tmp_path):
    pair = make_pair(primary_options=["--archive", str(tmp_path / "archive"), "--archive-timeout", "1s"]).start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    [(count, name, failures)] = wait_until(
        lambda: pair.primary.query("SELECT archived_count, last_archived_wal, failed_count FROM pg_stat_archiver "
                                   "WHERE last_archived_time BETWEEN stats_reset AND now()"), what="a file is archived")
    assert count >= 1 and failures == 0 and list((tmp_path / "archive").rglob(name))
    assert pair.primary.query("SELECT setting FROM pg_settings WHERE name IN ('archive_mode', 'archive_timeout') "
                              "ORDER BY name") == [("on",), ("1",)]


def test_the_upstream_of_a_replica_is_told_without_a_password(both):
    pair = both[2]
    assert pair.replica.query(
        "SELECT conninfo, receive_start_tli, now() - last_msg_receipt_time < '10 s'::interval FROM pg_stat_wal_receiver") == [
            (f"host=127.0.0.1 port={pair.primary.port}", None, True)]


# The log

def test_the_segments_of_the_log_are_listed(both):
    tandem, _, pair = both
    [(name, size, age)] = tandem.execute(
        "SELECT name, size, extract(epoch FROM now() - modification)::int FROM pg_ls_waldir() ORDER BY name DESC LIMIT 1").fetchall()
    assert tandem.execute("SELECT setting::int FROM pg_settings WHERE name = 'wal_segment_size'").fetchone() == (size,)
    assert (pair.primary.folder / "data" / "log" / name).exists() and 0 <= age < 3600
    assert tandem.execute("SELECT pg_walfile_name(pg_current_wal_lsn()), pg_walfile_name('0/0')").fetchone() == (name, None)
    assert tandem.execute("SELECT count(*) FROM pg_ls_tmpdir()").fetchone() == (0,)


# Sizes

def test_sizes_are_those_of_small_tables_and_near_those_of_larger_ones(both):
    tandem, _, pair = both
    tandem.execute("CREATE TABLE small (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE large (id INTEGER PRIMARY KEY, a TEXT);"
                   "CREATE INDEX large_a ON large (a); CREATE TABLE wide (a TEXT); CREATE VIEW seen AS SELECT a FROM small")
    tandem.execute("INSERT INTO small (a) SELECT hex(randomblob(50)) FROM generate_series(1, 2000)")
    tandem.execute("INSERT INTO large (a) SELECT hex(randomblob(30)) FROM generate_series(1, 60000)")
    tandem.execute("INSERT INTO wide (a) SELECT hex(randomblob(2000 + abs(random()) % 10000)) FROM generate_series(1, 300)")
    exact = dict(tandem.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())
    told = dict(tandem.execute("SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relname IN "
                               "('small', 'large', 'large_a', 'wide', 'seen', 'small_pkey', 'small_id_seq')").fetchall())
    assert told.pop("small") == exact["small"]
    assert [told.pop(name) for name in ("seen", "small_pkey", "small_id_seq")] == [0, 0, 0]
    for name, size in told.items():
        assert abs(size - exact[name]) < exact[name] * 0.35, name
    assert tandem.execute(
        "SELECT pg_table_size('large'), pg_indexes_size('large'::regclass), pg_total_relation_size('large'), "
        "pg_relation_size('large', 'fsm'), pg_relation_size(1), pg_size_pretty(pg_relation_size('small')) LIKE '% kB'").fetchone() == (
            told["large"], told["large_a"], told["large"] + told["large_a"], 0, None, True)
    columns = tandem.execute("SELECT pg_relation_size('small'), pg_database_size('test'), pg_tablespace_size('pg_default')").description
    assert [column.type_code for column in columns] == [20, 20, 20]
    tandem.execute("DROP VIEW seen; DROP TABLE small; DROP TABLE large; DROP TABLE wide")


def test_a_transaction_sees_the_sizes_that_it_has_made(both):
    tandem, _, pair = both
    sql = "SELECT pg_relation_size('growing')"
    with tandem.transaction(force_rollback=True):
        tandem.execute("CREATE TABLE growing (a TEXT)")
        assert tandem.execute(sql).fetchone() == (4096,)
        tandem.execute("INSERT INTO growing SELECT hex(randomblob(100)) FROM generate_series(1, 1000)")
        assert tandem.execute(sql).fetchone()[0] > 200_000
    assert tandem.execute(sql).fetchone() == (None,)
    assert tandem.execute("SELECT tandem_tree_size('/ internal 9223372036854775807 4096')").fetchone()[0] > 0


# Functions

@pytest.mark.parametrize("sql", [
    "SELECT convert_from('\\x6162c3a4'::bytea, 'UTF8'), convert_to('aä', 'utf-8'), convert_from('abc', 'unicode')",
    "SELECT convert_from(NULL, 'UTF8'), convert_to(NULL, 'UTF8')",
    "SELECT pg_stat_get_last_vacuum_time(1), pg_stat_get_last_autovacuum_time(1), pg_stat_get_last_analyze_time(1), "
    "pg_stat_get_last_autoanalyze_time(1)", "SELECT pg_blocking_pids(1)", "SELECT pg_stat_reset()"])
def test_functions_answer_as_postgresqls_do(both, sql):
    tandem, other, _ = both
    answers = [connection.execute(sql) for connection in (tandem, other)]
    assert answers[0].fetchall() == answers[1].fetchall()
    types = [[column.type_code for column in answer.description] for answer in answers]
    assert types[0] == types[1] or sql.endswith("pg_stat_reset()")  # PostgreSQL's is of the type void.


@pytest.mark.parametrize("sql", [
    "SELECT convert_from('\\xff'::bytea, 'UTF8')", "SELECT convert_from('\\x61ff41'::bytea, 'UTF8')",
    "SELECT convert_from('\\x00'::bytea, 'UTF8')", "SELECT convert_to('a', 'nonsense')", "SELECT convert_from('a', 'nonsense')"])
def test_functions_refuse_what_postgresqls_do(both, sql):
    (state, said), (expected, words) = [refusal(connection, sql) for connection in both[:2]]
    assert state == expected and said.startswith(words[:35])


def test_who_blocks_whom_is_told(both):
    tandem, _, pair = both
    with pair.primary.connect() as waiting:
        tandem.execute("SELECT pg_advisory_lock(77)")
        pid = waiting.info.backend_pid
        waiting.pgconn.send_query(b"SELECT pg_advisory_lock(77)")
        wait_until(lambda: tandem.execute("SELECT pg_blocking_pids(%s)", (pid,)).fetchone() == ([tandem.info.backend_pid],),
                   what="the wait is shown")
        tandem.execute("SELECT pg_advisory_unlock(77)")
        wait_until(lambda: tandem.execute(f"SELECT pg_blocking_pids({pid})").fetchone() == ([],), what="the wait is over")
        while waiting.pgconn.get_result():
            pass


@pytest.mark.parametrize("sql", [
    "SELECT pg_get_functiondef($1)", "SELECT pg_stat_get_last_vacuum_time($1)", "SELECT pg_table_is_visible($1)",
    "SELECT obj_description($1, $2)", "SELECT has_table_privilege($1, 'select')"])
def test_functions_that_need_no_argument_take_parameters(both, sql):
    """The client binds as many as it has written."""
    count = sql.count("$")
    result = both[0].pgconn.exec_params(sql.encode(), [b"1", b"pg_class"][:count])
    assert result.error_message == b"" and result.ntuples == 1


def test_a_row_of_the_catalogue_tells_which_relation_it_is_of(both):
    tandem, other, _ = both
    tandem.execute("CREATE TABLE IF NOT EXISTS told_of (a INT)")
    for sql in ["SELECT DISTINCT tableoid FROM pg_class", "SELECT DISTINCT c.tableoid FROM pg_catalog.pg_namespace AS c",
                "SELECT DISTINCT tableoid::regclass::text FROM pg_type",
                "SELECT 'a' AS k, tableoid FROM pg_database UNION SELECT 'b', tableoid FROM pg_am ORDER BY tableoid",
                "SELECT DISTINCT s.tableoid FROM (SELECT oid, tableoid FROM pg_authid) AS s",
                "SELECT tableoid FROM pg_namespace GROUP BY tableoid ORDER BY tableoid",
                "SELECT count(*) FROM pg_am WHERE tableoid <> 2601"]:
        answers = [connection.execute(sql) for connection in (tandem, other)]
        assert answers[0].fetchall() == answers[1].fetchall(), sql
        assert [column.name for column in answers[0].description] == [column.name for column in answers[1].description], sql
