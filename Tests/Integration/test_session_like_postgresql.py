"""What a session answers to messages one after the other, beside a PostgreSQL server."""

import pytest

from postgresql import PostgreSQL
from wire import SYNC, Wire, query, story

INSERT, FAIL = "INSERT INTO t VALUES (1)", "SELECT no_such_column FROM t"

# Of each line one message after the other is sent and answered: a query string, or a pipeline up to its Sync.
BLOCKS = [
    ["BEGIN", INSERT, "COMMIT AND CHAIN", "SELECT a FROM t", "ROLLBACK", "SELECT a FROM t"],
    ["BEGIN", INSERT, "ROLLBACK AND CHAIN", INSERT, "COMMIT", "SELECT a FROM t"],
    ["BEGIN READ ONLY", "COMMIT AND CHAIN", INSERT, "COMMIT AND CHAIN", "SELECT a FROM t", "COMMIT"],
    ["BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY", "COMMIT AND CHAIN", "ROLLBACK AND NO CHAIN", "COMMIT"],
    ["BEGIN; INSERT INTO t VALUES (1); COMMIT AND CHAIN; INSERT INTO t VALUES (2)", "ROLLBACK", "SELECT a FROM t"],
    ["BEGIN; INSERT INTO t VALUES (1); COMMIT AND CHAIN; INSERT INTO t VALUES (2); COMMIT", "SELECT a FROM t"],
    ["COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "COMMIT AND NO CHAIN", "INSERT INTO t VALUES (1); COMMIT AND CHAIN", "SELECT a FROM t"],
    ["BEGIN", INSERT, "COMMIT nonsense", "COMMIT", "SELECT a FROM t"],
    ["BEGIN", "SAVEPOINT s", INSERT, "ROLLBACK TO s nonsense", "ROLLBACK TO s", "RELEASE s", "COMMIT", "SELECT a FROM t"],
    ["BEGIN", "SET LOCAL statement_timeout = 7", "COMMIT AND CHAIN", "SHOW statement_timeout", "ROLLBACK"],
]


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory):
    server = PostgreSQL(tmp_path_factory.mktemp("postgresql")).start()
    yield server
    server.stop()


@pytest.fixture
def both(shared_pair, postgresql):
    servers = [shared_pair.primary, postgresql]
    for server in servers:
        with server.connect() as connection:
            connection.execute("DROP TABLE IF EXISTS t")
            connection.execute("CREATE TABLE t (a INT)")
    return servers


def told(server, messages):
    """What a session of its own answers to each, with the rows it shows."""
    with Wire(server) as client:
        answers = []
        for one in messages:
            client.send(query(one) if isinstance(one, str) else b"".join(one) + SYNC)
            answers.append(story(client.ready()))
        return answers


@pytest.mark.parametrize("messages", BLOCKS, ids=lambda messages: "; ".join(messages)[:60])
def test_blocks_begin_and_end_as_in_postgresql(both, messages):
    tandem, postgresql = [told(server, messages) for server in both]
    assert tandem == postgresql
