"""What a client is told of a transaction that its session's end cuts off, while it has sent more than was run."""

import pytest

from conftest import wait_until
from wire import COPY_DONE, Wire, errors, kinds, message, query, tags

# Of one row that the node works at while more arrives.
SLOW_ROW = """
    CREATE TRIGGER slow AFTER INSERT ON t WHEN new.a = 2 BEGIN
        UPDATE u SET b = (SELECT max(n) FROM (WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 3000000) SELECT n FROM r));
    END
"""


@pytest.fixture
def node(make_pair):
    node = make_pair(replicas=0, acknowledgements="0").start().primary
    with node.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("CREATE TABLE u (b INT)")
        connection.execute("INSERT INTO u VALUES (0)")
        connection.execute(SLOW_ROW)
    return node


def works_at(node, client, words):
    """Whether the client's session works at a statement that begins like that."""
    with node.connect() as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND query LIKE %s",
            (client.process, words + "%")).fetchone()
    return found == (1,)


def end(node, client, how):
    """Ends the session, and gives what it has answered until then. The node runs again afterwards."""
    # What was sent has reached the session: its event loop has served others since.
    for _ in range(10):
        node.query("SELECT 1")
    if how == "stop":
        node.process.terminate()
    else:
        node.query("SELECT pg_terminate_backend(%s)", (client.process,))
    answers = client.rest()
    if how == "stop":
        assert node.process.wait(20) == 0
        node.process = None
        node.start().wait_ready()
    assert errors(answers)[-1:] == ["57P01"], answers
    return answers


@pytest.mark.parametrize("how", ["stop", "terminate"])
def test_a_commit_that_is_acknowledged_has_been_done(node, how):
    with Wire(node) as client:
        client.send(query("BEGIN"), query("INSERT INTO t VALUES (1)"))
        client.ready(2)
        client.send(query("UPDATE u SET b = b + 1 WHERE pg_sleep(1) IS NOT 0"))
        wait_until(lambda: works_at(node, client, "UPDATE"), what="it works")
        client.send(query("COMMIT"))
        answers = end(node, client, how)
        assert node.query("SELECT count(*) FROM t") == [(tags(answers).count("COMMIT"),)]
        # What had arrived before a graceful stop is done, as what runs is.
        assert ("COMMIT" in tags(answers)) == (how == "stop")


@pytest.mark.parametrize("how", ["stop", "terminate"])
def test_the_end_of_a_copy_is_not_answered_as_if_nothing_had_been(node, how):
    with Wire(node) as client:
        client.send(query("BEGIN"), query("INSERT INTO t VALUES (1)"))
        client.ready(2)
        client.send(query("COPY t FROM STDIN"))
        client.until(b"G")
        client.send(message(b"d", b"2\n"))
        client.send(COPY_DONE, query("COMMIT"))
        answers = end(node, client, how)
        # CommandComplete or an error, before anything else.
        assert kinds(answers)[:1] in (b"C", b"E"), answers
        assert node.query("SELECT count(*) FROM t") == [(2 * tags(answers).count("COMMIT"),)]


def test_a_session_that_is_to_end_reads_nothing_more(make_pair):
    pair = make_pair().start()
    node = pair.primary
    read = "SELECT a FROM t"
    with node.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("INSERT INTO t VALUES (0)")
    with Wire(node) as client:
        # Known to be brief, so that the event loop itself would run it.
        for _ in range(3):
            client.send(query(read))
            client.ready()
        pair.replicas[0].kill()
        client.send(query("INSERT INTO t VALUES (1)"), query(read))
        wait_until(lambda: works_at(node, client, "INSERT"), what="it waits for its acknowledgement")
        answers = end(node, client, "terminate")
        assert b"D" not in kinds(answers), answers
