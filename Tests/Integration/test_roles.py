"""What becomes of users while their sessions are open, and who is shown to whom."""

import select
import threading
import time

import psycopg
import pytest

from conftest import Node, wait_until
from test_security import PASSWORDS, add_first_user, connect


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    node = Node(tmp_path_factory.mktemp("roles"), "primary", options=["--acknowledgements", "0"])
    add_first_user(node, "admin", node.folder)
    node.start()
    wait_until(lambda: connect(node, "admin").execute("SELECT 1"), what="the node answers")
    wait_until(lambda: connect(node, "admin").execute("CREATE TABLE t (a INT)") or True, what="the node takes writes")
    yield node
    node.kill()


def create(admin, name, roles):
    admin.execute(f"DROP USER IF EXISTS {name}")
    admin.execute(f"CREATE USER {name} PASSWORD '{PASSWORDS[name]}' IN ROLE {roles}")


def error_of(connection, sql):
    try:
        connection.execute(sql)
    except psycopg.Error as error:
        return error


def fails(connection, sql, error):
    try:
        connection.execute(sql)
    except error:
        return True
    return False


def test_a_role_that_is_taken_away_or_given_counts_for_open_sessions(node):
    with connect(node, "admin") as admin:
        create(admin, "writer", "write")
        with connect(node, "writer") as writer:
            writer.execute("INSERT INTO t VALUES (1)")
            admin.execute("REVOKE write FROM writer")
            wait_until(lambda: fails(writer, "INSERT INTO t VALUES (2)", psycopg.errors.InsufficientPrivilege), what="refused")
            admin.execute("GRANT write TO writer")
            wait_until(lambda: not fails(writer, "INSERT INTO t VALUES (3)", psycopg.errors.InsufficientPrivilege), what="allowed")
            admin.execute("GRANT administrate TO writer")
            wait_until(lambda: writer.execute("SELECT current_setting('is_superuser')").fetchone() == ("on",), what="an administrator")
            assert writer.info.parameter_status("is_superuser") == "on"


def test_the_sessions_of_a_user_who_is_removed_end(node):
    with connect(node, "admin") as admin:
        create(admin, "writer", "write")
        with connect(node, "writer") as idle, connect(node, "writer") as busy, connect(node, "writer", autocommit=False) as open:
            open.execute("INSERT INTO t VALUES (100)")
            errors = []
            running = threading.Thread(target=lambda: errors.append(error_of(busy, "SELECT pg_sleep(60)")))
            running.start()
            removed = threading.Thread(target=lambda: admin.execute("DROP USER writer"))
            removed.start()
            # The writer is in the open transaction's hands; it ends with its session, not before.
            open.rollback()
            removed.join(20)
            begin = time.monotonic()
            running.join(20)
            assert select.select([idle.fileno()], [], [], 20)[0]
            assert time.monotonic() - begin < 10
            for error in [errors[0], error_of(idle, "SELECT 1"), error_of(open, "SELECT 1")]:
                assert isinstance(error, psycopg.errors.AdminShutdown), error
                assert 'the user "writer" was removed' in str(error)
        assert admin.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'writer'").fetchone() == (0,)


def test_sessions_are_cancelled_and_ended_by_their_user_and_by_administrators(node):
    with connect(node, "admin") as admin:
        create(admin, "writer", "write")
        create(admin, "reader", "read")
        with connect(node, "writer") as target, connect(node, "writer") as same, connect(node, "reader") as other:
            pid = target.info.backend_pid
            for function in ("pg_cancel_backend", "pg_terminate_backend"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="administrate"):
                    other.execute(f"SELECT {function}({pid})")
                assert admin.execute(f"SELECT {function}(123456)").fetchone() == (False,)
            errors = []
            running = threading.Thread(target=lambda: errors.append(error_of(target, "SELECT pg_sleep(60)")))
            running.start()
            while running.is_alive():
                assert same.execute("SELECT pg_cancel_backend(%s)", [pid]).fetchone() == (True,)
                running.join(0.1)
            assert isinstance(errors[0], psycopg.errors.QueryCanceled)
            # What has been written goes with the session; the writer is free again.
            target.execute("BEGIN")
            target.execute("INSERT INTO t VALUES (200)")
            assert admin.execute("SELECT pg_terminate_backend(%s)", [pid]).fetchone() == (True,)
            assert isinstance(error_of(target, "INSERT INTO t VALUES (201)"), psycopg.errors.AdminShutdown)
            assert admin.execute("INSERT INTO t VALUES (202) RETURNING (SELECT count(*) FROM t WHERE a = 200)").fetchone() == (0,)
            # One's own statement is what is hit, on whatever thread it runs.
            for one, sql in [
                (same, "SELECT pg_{}_backend(pg_backend_pid())"),
                (other, "SELECT pg_{}_backend(pg_backend_pid()), pg_sleep(0)"),
                (admin, "INSERT INTO t VALUES (pg_{}_backend(pg_backend_pid()))"),
            ]:
                assert isinstance(error_of(one, sql.format("cancel")), psycopg.errors.QueryCanceled)
                assert one.execute("SELECT 1").fetchone() == (1,)
                assert isinstance(error_of(one, sql.format("terminate")), psycopg.errors.AdminShutdown)


def test_somebody_can_always_change_users(node):
    with connect(node, "admin") as admin:
        create(admin, "writer", "write")
        for sql in ["DROP USER admin", "REVOKE administrate FROM admin", "ALTER USER admin PASSWORD NULL"]:
            with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="nobody could change users"):
                admin.execute(sql)
        assert admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = 'admin'").fetchone() == (True,)


def test_attributes_of_alter_role_give_and_take_roles_and_leave_the_others(node):
    def roles():
        return dict(row[:2] for row in admin.execute("SHOW tandem.users").fetchall())["writer"]

    with connect(node, "admin") as admin:
        create(admin, "writer", "write")
        admin.execute("ALTER ROLE writer REPLICATION")
        assert roles() == "read, write, replicate"
        admin.execute("ALTER ROLE writer NOREPLICATION IN ROLE read")
        assert roles() == "read, write"
        for role in ["SUPERUSER", "CREATEROLE"]:
            admin.execute(f"ALTER ROLE writer {role}")
            assert roles() == "read, write, administrate, replicate"
            admin.execute("ALTER ROLE writer NOREPLICATION")
            assert roles() == "read, write, administrate, replicate"
            admin.execute(f"ALTER ROLE writer WITH NO{role} NOCREATEDB LOGIN")
            assert roles() == "read, write"
        # Given by name, and not by another role.
        admin.execute("ALTER ROLE writer REPLICATION; ALTER ROLE writer NOSUPERUSER")
        assert roles() == "read, write, replicate"
        admin.execute("ALTER ROLE writer SUPERUSER; ALTER ROLE writer NOSUPERUSER REPLICATION")
        assert roles() == "read, write, replicate"
        admin.execute("ALTER ROLE writer NOREPLICATION NOSUPERUSER")
        assert roles() == "read, write"
        with connect(node, "writer") as writer:
            assert isinstance(error_of(writer, "ALTER ROLE writer NOREPLICATION"), psycopg.errors.InsufficientPrivilege)
            assert isinstance(error_of(writer, "CREATE ROLE another"), psycopg.errors.InsufficientPrivilege)
        # As pg_dumpall writes it.
        admin.execute("ALTER ROLE writer WITH SUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN")
        assert roles() == "read, write, administrate, replicate"
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="nobody could change users"):
            admin.execute("DROP ROLE writer; ALTER ROLE admin NOSUPERUSER")


def test_the_wait_for_the_writer_of_a_change_of_users_counts_for_no_later_statement(node):
    with connect(node, "admin") as admin:
        admin.execute("SET statement_timeout = '2s'")
        admin.execute("BEGIN")
        admin.execute("CREATE ROLE soon_gone")
        time.sleep(2.2)
        counted = admin.execute(
            "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 20000) SELECT count(*) FROM r")
        assert counted.fetchone() == (20000,)
        admin.execute("ROLLBACK")


def test_a_user_who_was_made_just_now_is_let_in_and_stays(node):
    with connect(node, "admin") as admin:
        for _ in range(10):
            create(admin, "reader", "read")
            with connect(node, "reader") as reader:
                assert [reader.execute("SELECT 1").fetchone() for _ in range(20)] == [(1,)] * 20


def test_pg_roles_has_all_users_and_their_roles_for_administrators_alone(node):
    with connect(node, "admin") as admin:
        create(admin, "reader", "read")
        create(admin, "node", "replicate")
        admin.execute("DROP USER IF EXISTS writer")
        shown = "SELECT rolname, rolsuper, rolreplication, rolcanlogin FROM pg_roles ORDER BY rolname"
        wait_until(
            lambda: admin.execute(shown).fetchall() == [
                ("admin", True, True, True), ("node", False, True, True), ("reader", False, False, True)], what="all users")
        with connect(node, "reader") as reader:
            assert reader.execute(shown).fetchall() == [
                ("admin", False, False, True), ("node", False, False, True), ("reader", False, False, True)]
            assert reader.execute("SELECT passwd FROM pg_shadow").fetchall() == [(None,)] * 3
