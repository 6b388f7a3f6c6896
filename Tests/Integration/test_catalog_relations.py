"""Relations of the catalogue by their names, beside a PostgreSQL server with the same tables: the same rows of both."""

import psycopg
import pytest

from conftest import Node, wait_until
from test_security import add_first_user, connect

# What both are given: the types that are the same here and there, and names that PostgreSQL leaves as they are.
SCHEMA = """
    CREATE TABLE author (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL UNIQUE, born DATE);
    CREATE TABLE book (
        id BIGSERIAL PRIMARY KEY, title TEXT NOT NULL, code VARCHAR(40), price NUMERIC(10,2),
        pages BIGINT CHECK (pages > 0), author_id BIGINT REFERENCES author (id) ON DELETE CASCADE ON UPDATE SET NULL,
        meta JSONB, at TIME, seen TIMESTAMPTZ, shout TEXT GENERATED ALWAYS AS (upper(title)) STORED,
        UNIQUE (title, author_id));
    CREATE INDEX book_pages ON book (pages DESC);
    CREATE INDEX book_code ON book (code, price);
    CREATE UNIQUE INDEX book_part ON book (author_id, lower(title)) WHERE (pages > 10);
    CREATE TABLE pair (
        a BIGINT NOT NULL, b BIGINT NOT NULL CONSTRAINT positive CHECK (b > 0), c TEXT, PRIMARY KEY (a, b),
        CONSTRAINT pair_c UNIQUE (c));
    CREATE TABLE "Sub" (
        x BIGINT, "y z" BIGINT, w TEXT REFERENCES pair (c) ON UPDATE CASCADE,
        CONSTRAINT sub_pair FOREIGN KEY (x, "y z") REFERENCES pair (a, b) ON DELETE RESTRICT ON UPDATE SET DEFAULT
        DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE bare (word TEXT);
    CREATE VIEW short_book AS SELECT id, title FROM book WHERE pages < 50;
    CREATE VIEW "Loud" AS SELECT upper(name) AS shout, born FROM author;
"""

# What is asked of a relation, by its name. PostgreSQL has a schema more, and counts NOT NULL among the checks.
QUESTIONS = {
    "pg_tables": """
        SELECT schemaname, tablename, tableowner, tablespace, hasindexes, hasrules, rowsecurity FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY tablename""",
    "pg_views": """
        SELECT schemaname, viewname, viewowner FROM pg_views
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY viewname""",
    "pg_indexes": """
        SELECT * FROM pg_catalog.pg_indexes WHERE schemaname NOT IN ('pg_catalog', 'pg_toast') ORDER BY indexname""",
    "pg_sequence": """
        SELECT relname, seqtypid::bigint, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle
        FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid ORDER BY relname""",
    "pg_sequences": """
        SELECT schemaname, sequencename, sequenceowner, data_type::text, start_value, min_value, max_value,
        increment_by, cycle, cache_size FROM pg_sequences ORDER BY sequencename""",
    "pg_am": "SELECT oid, amname, amtype FROM pg_am WHERE amname IN ('heap', 'btree') ORDER BY oid",
    "pg_am of relations": """
        SELECT c.relname, a.amname FROM pg_class AS c JOIN pg_am AS a ON a.oid = c.relam
        JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = 'public' ORDER BY c.relname""",
    "pg_opclass": """
        SELECT c.oid, a.amname, opcname, n.nspname, opcintype::regtype::text, opcdefault, opckeytype
        FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = opcmethod JOIN pg_namespace AS n ON n.oid = opcnamespace
        WHERE c.oid = 1978""",
    "pg_language": """
        SELECT oid, lanname, lanowner, lanispl, lanacl FROM pg_language
        WHERE lanname IN ('internal', 'sql') ORDER BY oid""",
    "pg_collation": """
        SELECT c.oid, collname, n.nspname, collowner, collprovider FROM pg_collation AS c
        JOIN pg_namespace AS n ON n.oid = collnamespace WHERE collname IN ('default', 'C') ORDER BY c.oid""",
    "schemata": """
        SELECT catalog_name = current_database(), schema_name, default_character_set_name, sql_path
        FROM information_schema.schemata WHERE schema_name <> 'pg_toast' ORDER BY schema_name""",
    "owners of schemata": """
        SELECT schema_name, schema_owner FROM information_schema.schemata
        WHERE schema_name IN ('pg_catalog', 'information_schema') ORDER BY schema_name""",
    "tables": """
        SELECT table_catalog = current_database(), table_name, table_type, is_typed FROM information_schema.tables
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY table_name""",
    "views": """
        SELECT table_catalog = current_database(), table_schema, table_name, check_option
        FROM information_schema.views
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY table_name""",
    "columns": """
        SELECT table_name, column_name, ordinal_position, is_nullable, data_type, character_maximum_length,
        numeric_precision, numeric_precision_radix, numeric_scale, datetime_precision, udt_schema, udt_name,
        dtd_identifier, is_generated FROM information_schema.columns
        WHERE table_name IN ('author', 'book', 'pair', 'Sub', 'bare') ORDER BY table_name, ordinal_position""",
    "sequences": """
        SELECT sequence_catalog = current_database(), sequence_schema, sequence_name, data_type, numeric_precision,
        numeric_precision_radix, numeric_scale, start_value, minimum_value, maximum_value, increment, cycle_option
        FROM information_schema.sequences ORDER BY sequence_name""",
    "check_constraints": """
        SELECT constraint_catalog = current_database(), constraint_schema, constraint_name, trim(check_clause, '()')
        FROM information_schema.check_constraints
        WHERE constraint_schema = 'public' AND constraint_name NOT LIKE '%not_null' ORDER BY constraint_name""",
    "table_constraints": """
        SELECT table_catalog = current_database(), table_schema, table_name, constraint_name, constraint_type,
        is_deferrable, initially_deferred, enforced FROM information_schema.table_constraints
        WHERE constraint_schema = 'public' AND constraint_name NOT LIKE '%not_null' ORDER BY constraint_name""",
    "key_column_usage": """
        SELECT constraint_name, table_schema, table_name, column_name, ordinal_position, position_in_unique_constraint
        FROM information_schema.key_column_usage WHERE table_schema = 'public'
        ORDER BY constraint_name, ordinal_position""",
    "referential_constraints": """
        SELECT constraint_catalog = current_database(), constraint_schema, constraint_name,
        unique_constraint_catalog = current_database(), unique_constraint_schema, unique_constraint_name,
        match_option, update_rule, delete_rule FROM information_schema.referential_constraints
        ORDER BY constraint_name""",
    "constraint_column_usage": """
        SELECT table_catalog = current_database(), table_schema, table_name, column_name,
        constraint_catalog = current_database(), constraint_schema, constraint_name
        FROM information_schema.constraint_column_usage WHERE constraint_schema = 'public'
        ORDER BY constraint_name, table_name, column_name""",
}

QUESTIONS["pg_locks"] = """
    SELECT locktype, relation::regclass::text, page, tuple, transactionid, classid, objid, mode, granted, fastpath,
    virtualtransaction = coalesce(virtualxid, virtualtransaction) FROM pg_locks WHERE pid = pg_backend_pid()
    ORDER BY locktype"""

INFORMATION = [
    "schemata", "tables", "views", "columns", "sequences", "triggers", "check_constraints", "table_constraints",
    "key_column_usage", "referential_constraints", "constraint_column_usage", "enabled_roles"]
MONITORING = [
    "pg_file_settings", "pg_hba_file_rules", "pg_largeobject", "pg_stat_archiver", "pg_stat_bgwriter", "pg_stat_database",
    "pg_stat_database_conflicts", "pg_stat_progress_vacuum", "pg_stat_recovery_prefetch", "pg_stat_replication_slots",
    "pg_stat_slru", "pg_stat_subscription", "pg_stat_user_functions", "pg_stat_wal", "pg_ls_waldir()", "pg_ls_tmpdir()", *(
        f"{kind}_{owner}_{objects}" for kind in ("pg_stat", "pg_statio") for owner in ("all", "sys", "user")
        for objects in ("indexes", "tables"))]
# Those that have no rows, or next to none, on either.
EMPTY = """
    pg_available_extension_versions pg_ident_file_mappings pg_parameter_acl pg_policies pg_replication_origin
    pg_replication_origin_status pg_seclabels pg_shdepend pg_stat_progress_analyze pg_stat_progress_basebackup
    pg_stat_progress_cluster pg_stat_progress_copy pg_stat_progress_create_index pg_stat_ssl pg_stat_subscription_stats
    pg_stat_xact_all_tables pg_stat_xact_sys_tables pg_stat_xact_user_tables pg_stat_xact_user_functions
    pg_statio_all_sequences pg_statio_sys_sequences pg_statio_user_sequences pg_statistic_ext_data pg_stats_ext
    pg_stats_ext_exprs pg_subscription_rel pg_timezone_abbrevs pg_user_mappings pg_opfamily pg_locks
    pg_options_to_table(NULL) pg_partition_tree(0) aclexplode(NULL)
    information_schema.applicable_roles information_schema.attributes information_schema.collations
    information_schema.domain_constraints information_schema.element_types information_schema.foreign_tables
    information_schema.information_schema_catalog_name information_schema.role_table_grants
    information_schema.usage_privileges information_schema.user_defined_types information_schema.user_mappings
    information_schema.view_column_usage""".split()
RELATIONS = [
    *EMPTY,
    "pg_tables", "pg_views", "pg_indexes", "pg_sequence", "pg_sequences", "pg_am", "pg_opclass", "pg_language",
    "pg_collation", "pg_user", *(f"information_schema.{name}" for name in INFORMATION)]


@pytest.fixture(scope="module")
def both(shared_pair, postgresql):
    """A connection to each, and the pair."""
    with shared_pair.primary.connect() as tandem, postgresql.connect() as other:
        for connection in (tandem, other):
            connection.execute(SCHEMA)
        shared_pair.wait_level()
        yield tandem, other, shared_pair


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_relation_has_postgresqls_rows(both, name):
    """On the primary and on the replica."""
    tandem, other, pair = both
    expected = other.execute(QUESTIONS[name]).fetchall()
    assert expected, "there is something to compare"
    assert tandem.execute(QUESTIONS[name]).fetchall() == expected
    assert pair.replica.query(QUESTIONS[name]) == expected


@pytest.mark.parametrize("name", RELATIONS)
def test_a_relation_has_postgresqls_columns(both, name):
    tandem, other, _ = both
    columns = [[column.name for column in connection.execute(f"SELECT * FROM {name} LIMIT 0").description]
               for connection in (tandem, other)]
    assert columns[0] == columns[1]


@pytest.mark.parametrize("name", MONITORING)
def test_a_relation_for_monitors_has_postgresqls_columns_and_types(both, name):
    tandem, other, _ = both
    columns = [[(column.name, column.type_code) for column in connection.execute(f"SELECT * FROM {name} LIMIT 0").description]
               for connection in (tandem, other)]
    assert columns[0] == columns[1]


def test_the_definition_of_a_view_is_its_query(both):
    """PostgreSQL writes it anew, Tandem as it was written: both can be run, and have the view's rows."""
    tandem, other, pair = both
    for connection in (tandem, other):
        connection.execute("INSERT INTO book (title, pages) VALUES ('thin', 20), ('thick', 500), ('thinner', 10)")
        for relation, column, name in [
            ("pg_views", "definition", "viewname"), ("information_schema.views", "view_definition", "table_name"),
        ]:
            sql = f"SELECT {column} FROM {relation} WHERE {name} = 'short_book'"
            definition = connection.execute(sql).fetchone()[0]
            query = f"SELECT title FROM ({definition.strip().rstrip(';')}) AS q ORDER BY title"
            assert connection.execute(query).fetchall() == [("thin",), ("thinner",)]
        connection.execute("DELETE FROM book")
    assert "SELECT id, title FROM book WHERE pages < 50" in pair.primary.query(
        "SELECT definition FROM pg_views WHERE viewname = 'short_book'")[0][0]


def test_what_is_made_and_dropped_comes_and_goes(both):
    """In the transaction itself, and back with its rollback."""
    asked = [
        ("pg_tables", "tablename"), ("pg_views", "viewname"), ("pg_indexes", "indexname"),
        ("pg_sequences", "sequencename"), ("information_schema.sequences", "sequence_name"),
        ("information_schema.check_constraints", "constraint_name"),
        ("information_schema.referential_constraints", "constraint_name")]

    def named(connection):
        return [
            row[0] for relation, column in asked for row in connection.execute(
                f"SELECT {column} FROM {relation} WHERE {column} LIKE 'passing%' AND {column} NOT LIKE '%not_null' "
                f"ORDER BY {column}").fetchall()]
    told = []
    for connection in both[:2]:
        with connection.transaction(force_rollback=True):
            connection.execute("CREATE TABLE passing (id BIGSERIAL PRIMARY KEY, n BIGINT CHECK (n > 0), "
                               "a BIGINT REFERENCES author (id))")
            connection.execute("CREATE INDEX passing_n ON passing (n)")
            connection.execute("CREATE VIEW passing_view AS SELECT n FROM passing")
            told.append(named(connection))
            connection.execute("DROP VIEW passing_view")
            connection.execute("DROP INDEX passing_n")
            told.append(named(connection))
            connection.execute("DROP TABLE passing")
            told.append(named(connection))
        told.append(named(connection))
    assert told[:4] == told[4:]
    assert [len(names) for names in told[:4]] == [8, 6, 0, 0]


# Checks that belong to no column: PostgreSQL calls them, and knows their columns, by what their text names.
CHECKS = """
    CREATE TABLE checked (
        a BIGINT, b BIGINT, c BIGINT CHECK (c > 0) CHECK (c < 10), CHECK (a > 0), CHECK (a < b), CHECK (b > 5),
        CHECK (b > 6), CONSTRAINT named CHECK (a <> c))"""


@pytest.fixture
def checked(both):
    for connection in both[:2]:
        connection.execute(CHECKS)
    yield both[:2]
    for connection in both[:2]:
        connection.execute("DROP TABLE checked")


def test_the_checks_of_a_table_know_the_columns_that_they_name(checked):
    keys = "SELECT conkey FROM pg_constraint WHERE conrelid = 'checked'::regclass"
    usage = ("SELECT column_name FROM information_schema.constraint_column_usage WHERE table_name = 'checked' "
             "AND constraint_name = 'named' ORDER BY column_name")
    tandem, other = [
        (sorted(sorted(row[0]) for row in connection.execute(keys).fetchall()), connection.execute(usage).fetchall())
        for connection in checked]
    assert tandem == other


def test_no_two_checks_of_a_table_have_one_name(checked):
    """Tools join the relations of information_schema by these names."""
    sql = "SELECT conname FROM pg_constraint WHERE conrelid = 'checked'::regclass AND contype = 'c' ORDER BY conname"
    tandem, other = [connection.execute(sql).fetchall() for connection in checked]
    assert tandem == other


# The same triggers in the words of each: where PostgreSQL calls a function, SQLite has statements.
TRIGGERS = [
    ("checked", "BEFORE INSERT ON watched", "(new.n > 10)"), ("changed", "AFTER UPDATE OF n ON watched", None),
    ("gone", "AFTER DELETE ON watched", None), ("seen_too", "AFTER UPDATE ON watched", "(old.n < new.n)"),
]


@pytest.fixture
def watched(both):
    tandem, other, _ = both
    for connection in (tandem, other):
        connection.execute("CREATE TABLE watched (n BIGINT); CREATE TABLE noted (n BIGINT)")
    other.execute("CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql "
                  "AS 'BEGIN INSERT INTO noted VALUES (1); RETURN new; END'")
    for name, when, condition in TRIGGERS:
        condition = f" WHEN {condition}" if condition else ""
        tandem.execute(
            f"CREATE TRIGGER {name} {when} FOR EACH ROW{condition} BEGIN INSERT INTO noted VALUES (1); END")
        other.execute(f"CREATE TRIGGER {name} {when} FOR EACH ROW{condition} EXECUTE FUNCTION note()")
    yield both
    for connection in (tandem, other):
        connection.execute("DROP TABLE watched")
        connection.execute("DROP TABLE noted")
    other.execute("DROP FUNCTION note")


def test_triggers_are_listed_with_their_tables_and_statements(watched):
    tandem, other, pair = watched
    sql = ("SELECT trigger_catalog = current_database(), trigger_schema, trigger_name, event_object_schema, "
           "event_object_table, action_orientation, created FROM information_schema.triggers ORDER BY trigger_name")
    assert tandem.execute(sql).fetchall() == other.execute(sql).fetchall()
    told = "SELECT trigger_name, action_statement FROM information_schema.triggers"
    statements = dict(tandem.execute(told).fetchall())
    assert sorted(statements) == sorted(name for name, _, _ in TRIGGERS)
    assert all("INSERT INTO noted VALUES (1)" in statement for statement in statements.values())
    sql = ("SELECT tgname, tgrelid::regclass::text, tgenabled, tgisinternal FROM pg_trigger WHERE NOT tgisinternal "
           "ORDER BY tgname")
    assert tandem.execute(sql).fetchall() == other.execute(sql).fetchall()
    pair.wait_level()
    assert pair.replica.query(sql) == tandem.execute(sql).fetchall()


def test_triggers_tell_what_they_wait_for(watched):
    """By these columns tools show a trigger as BEFORE INSERT or AFTER UPDATE."""
    tandem, other, _ = watched
    sql = ("SELECT trigger_name, action_timing, event_manipulation, event_object_catalog = current_database(), "
           "action_condition FROM information_schema.triggers ORDER BY trigger_name")
    assert tandem.execute(sql).fetchall() == other.execute(sql).fetchall()


def test_the_kind_of_a_trigger_is_postgresqls_number(watched):
    """1 for each row, 2 before, 4 INSERT, 8 DELETE, 16 UPDATE."""
    tandem, other, _ = watched
    sql = "SELECT tgname, tgtype FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
    assert tandem.execute(sql).fetchall() == other.execute(sql).fetchall()


def test_tables_with_keys_of_others_and_triggers_say_so(watched):
    tandem, other, _ = watched
    sql = "SELECT tablename, hastriggers FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    assert tandem.execute(sql).fetchall() == other.execute(sql).fetchall()


def test_a_sequence_does_not_tell_the_last_number(both):
    """NULL, as in PostgreSQL before the first: the number of the next row is found when it is inserted."""
    sql = "SELECT last_value FROM pg_sequences WHERE sequencename = 'counted_id_seq'"
    told = []
    for connection in both[:2]:
        connection.execute("CREATE TABLE counted (id BIGSERIAL PRIMARY KEY, a TEXT)")
        told.append(connection.execute(sql).fetchall())
        connection.execute("INSERT INTO counted (a) VALUES ('x'), ('y'), ('z')")
        told.append(connection.execute(sql).fetchall())
        connection.execute("DROP TABLE counted")
    assert told == [[(None,)], [(None,)], [(None,)], [(3,)]]


@pytest.mark.parametrize("sql", [
    "SELECT lanname, lanpltrusted FROM pg_language WHERE lanname IN ('internal', 'sql') ORDER BY lanname",
    "SELECT collname, collisdeterministic, collencoding FROM pg_collation WHERE collname IN ('default', 'C') "
    "ORDER BY collname",
    "SELECT collcollate, collctype FROM pg_collation WHERE collname = 'C'",
    "SELECT c.relname, o.opcname, t.typname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
    "JOIN pg_opclass AS o ON o.oid = CAST(i.indclass AS text)::oid JOIN pg_type AS t ON t.oid = o.opcintype "
    "WHERE c.relname IN ('author_pkey', 'author_name_key') ORDER BY c.relname",
], ids=["trust in languages", "collations", "locales", "classes of operators"])
def test_what_is_the_same_everywhere_is_the_same_here(both, sql):
    tandem, other, _ = both
    assert tandem.execute(sql).fetchall() == other.execute(sql).fetchall()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, postgresql):
    """A node that asks for passwords, and PostgreSQL: with the same users. Each is asked by `ask(name, sql, user)`."""
    node = Node(tmp_path_factory.mktemp("users"), "primary", options=["--acknowledgements", "0"])
    add_first_user(node, "admin", node.folder)
    node.start()
    wait_until(lambda: connect(node, "admin").execute("SELECT 1"), what="the node answers")

    def ask(server, sql, user=None):
        if server is node:
            connection = connect(node, user or "admin", password="geheim-admin" if user is None else "word")
        else:
            connection = psycopg.connect(
                host="127.0.0.1", port=postgresql.port, user=user or "test", dbname="postgres", autocommit=True)
        with connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else None
    wait_until(lambda: ask(node, "CREATE USER clerk PASSWORD 'word'") is None, what="the node takes writes")
    ask(postgresql, "CREATE USER clerk PASSWORD 'word'")
    for server in (node, postgresql):
        ask(server, "CREATE USER copier REPLICATION PASSWORD 'word'")
        ask(server, "CREATE USER keeper SUPERUSER PASSWORD 'word'")
        ask(server, "CREATE USER \"Odd Name\" PASSWORD 'word'")
    wait_until(lambda: len(ask(node, "SELECT usename FROM pg_user")) == 5, what="all users are shown")
    yield node, postgresql, ask
    node.kill()
    for name in ("clerk", "copier", "keeper", '"Odd Name"'):
        ask(postgresql, f"DROP USER {name}")


def test_pg_user_has_the_users_and_what_they_may(guarded):
    node, postgresql, ask = guarded
    sql = ("SELECT usename, usecreatedb, usesuper, userepl OR usesuper AS replicates, valuntil, useconfig "
           "FROM pg_user WHERE usename NOT IN ('admin', 'test') ORDER BY usename")
    expected = ask(postgresql, sql)
    assert [row[:4] for row in expected] == [
        ("Odd Name", False, False, False), ("clerk", False, False, False), ("copier", False, False, True),
        ("keeper", False, True, True)]
    assert ask(node, sql) == expected
    assert ask(node, "SELECT count(*), count(DISTINCT usesysid) FROM pg_user") == [(5, 5)]
    joined = ("SELECT count(*) FROM pg_user AS u JOIN pg_roles AS r ON r.oid = u.usesysid AND r.rolname = u.usename "
              "WHERE r.rolcanlogin")
    assert ask(node, joined) == [(5,)]


def test_pg_user_shows_no_password(guarded):
    """Not even to administrators; PostgreSQL shows eight stars, to everybody."""
    for server in guarded[:2]:
        assert set(guarded[2](server, "SELECT passwd FROM pg_user")) <= {(None,), ("********",)}


@pytest.mark.parametrize("sql", [
    "SHOW data_directory", "SELECT current_setting('data_directory')", "SELECT current_setting('primary_conninfo', true)",
    "SELECT * FROM pg_ls_waldir()", "SELECT pg_stat_reset()"])
def test_only_administrators_see_where_data_lies(guarded, sql):
    node, postgresql, ask = guarded
    refusals = []
    for server in (node, postgresql):
        ask(server, sql)
        ask(server, sql, "keeper")
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
            ask(server, sql, "clerk")
        refusals.append(caught.value.diag.message_primary)
    assert refusals[0] == refusals[1]


def test_settings_that_are_refused_are_not_listed(guarded):
    node, postgresql, ask = guarded
    sql = "SELECT count(*) FROM pg_settings WHERE name IN ('data_directory', 'primary_conninfo', 'port')"
    for server in (node, postgresql):
        assert ask(server, sql) == ask(server, sql, "keeper") == [(3,)]
        assert ask(server, sql, "clerk") == [(1,)]
        names = [{row[0] for row in ask(server, "SHOW ALL", user)} for user in (None, "clerk")]
        assert "data_directory" in names[0] and "data_directory" not in names[1]


def test_a_role_that_cannot_log_in_is_no_user(guarded):
    """`pg_user` has those alone who can."""
    node, postgresql, ask = guarded
    told = []
    for server in (node, postgresql):
        ask(server, "CREATE ROLE team")
        if server is node:
            wait_until(lambda: ask(node, "SELECT 1 FROM pg_roles WHERE rolname = 'team'"), what="the role")
        told.append((ask(server, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'team'"),
                     ask(server, "SELECT count(*) FROM pg_user WHERE usename = 'team'")))
        ask(server, "DROP ROLE team")
    assert told[0] == told[1] == ([(False,)], [(0,)])


def test_enabled_roles_are_those_of_the_session(guarded):
    node, postgresql, ask = guarded
    for user in ("clerk", "Odd Name"):
        sql = "SELECT role_name, current_user FROM information_schema.enabled_roles"
        answers = [ask(server, sql, user) for server in (node, postgresql)]
        assert answers[0] == answers[1] == [(user, user)]
