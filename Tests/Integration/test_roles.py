"""What becomes of users while their sessions are open, and who is shown to whom."""

import psycopg
import pytest

from conftest import Node, Pair, wait_until
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
