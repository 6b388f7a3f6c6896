"""A replica whose database has drifted, or takes nothing any more, leads nobody, by whatever hand."""

import psycopg
import pytest

from commands import run, tandem, url
from conftest import wait_until


def fill(node):
    with node.connect() as connection:
        connection.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)")
        connection.execute("CREATE INDEX by_title ON book (title)")
        connection.execute("INSERT INTO book (title) VALUES ('Emma'), ('Persuasion')")


def refused(node, statement):
    """What the node answers to a change of the group that it does not make."""
    with node.connect() as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(statement)
    return str(caught.value)


def wait_drifted(node, what):
    wait_until(lambda: node.status()["state"] == "drifted", what="drift in the status")
    assert what in node.status()["drift"]
    assert "has drifted, and is not shown" in refused(node, "SELECT * FROM book")


def make_drift(primary, replica):
    """The replica's rows are others than its primary's, and the next change of the table shows it."""
    replica.change_behind("UPDATE book SET title = 'Sanditon' WHERE id = 2")
    with primary.connect() as connection:
        connection.execute("UPDATE book SET title = 'Emma!' WHERE id = 1")
    wait_drifted(replica, "`book`")


def test_a_schema_that_does_not_fit_is_drift_and_nobody_hands_over_to_it(make_pair):
    pair = make_pair(acknowledgements="1").start()
    primary, replica = pair.nodes
    fill(primary)
    pair.wait_level()
    replica.change_behind("DROP INDEX by_title")
    with primary.connect() as connection:
        connection.execute("DROP INDEX by_title")
    wait_drifted(replica, "the schema at record")
    # Its log is sound: it goes on acknowledging.
    with primary.connect() as connection:
        connection.execute("INSERT INTO book (title) VALUES ('Sanditon')")
    assert "has drifted" in refused(replica, "ALTER SYSTEM PROMOTE")
    # The primary knows, and does not even pause its writers.
    assert "cannot take over: its database has drifted" in refused(
        primary, f"ALTER SYSTEM SWITCH OVER TO '{url(replica)}'")
    # It is known after a restart, before anything is shown or applied.
    primary.kill()
    replica.kill()
    replica.start()
    wait_drifted(replica, "the schema at record")
    primary.start().wait_ready()
    assert primary.query("SELECT count(*) FROM book") == [(3,)]


def test_a_replica_that_has_drifted_is_promoted_where_loss_is_accepted_once_it_can_lead(make_pair):
    pair = make_pair(acknowledgements="0").start()
    primary, replica = pair.nodes
    fill(primary)
    pair.wait_level()
    make_drift(primary, replica)
    primary.kill()
    for words in ["", " ACCEPT DATA LOSS"]:
        assert "has drifted" in refused(replica, "ALTER SYSTEM PROMOTE" + words)
    assert replica.status()["role"] == "replica"
    replica.stop()
    replica.options += ["--on-drift", "report"]
    replica.start()
    wait_until(lambda: replica.query("SELECT count(*) FROM book"), what="the replica shows what it has")
    assert "has drifted" in refused(replica, "ALTER SYSTEM PROMOTE")
    with replica.connect() as connection:
        connection.execute("ALTER SYSTEM PROMOTE ACCEPT DATA LOSS")
        wait_until(lambda: connection.execute("UPDATE book SET title = 'Emma' WHERE id = 1").rowcount == 1, what="a write")
    assert replica.query("SELECT title FROM book ORDER BY id") == [("Emma",), ("Sanditon",)]


def test_of_replicas_that_have_the_same_log_one_whose_database_is_sound_is_promoted(make_pair):
    pair = make_pair(replicas=2).start()
    primary, drifted, sound = pair.nodes
    fill(primary)
    pair.wait_level()
    make_drift(primary, drifted)
    pair.wait_level_log()
    primary.kill()
    done = run("promote", "--url", url(drifted), "--url", url(sound))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"promoting {url(sound)}" in done.stdout
    sound.wait_ready()


def test_a_drifted_replica_with_the_longest_log_is_made_anew_without_a_primary_and_promoted(make_pair):
    pair = make_pair(replicas=2).start()
    primary, drifted, behind = pair.nodes
    fill(primary)
    pair.wait_level()
    make_drift(primary, drifted)
    pair.wait_level_log()
    behind.kill()
    with primary.connect() as connection:
        connection.execute("INSERT INTO book (title) VALUES ('acknowledged by the drifted one alone')")
    primary.kill()
    behind.start().wait_listening()

    # Nobody can be promoted without a loss, and both are told the way out.
    assert "--resync --snapshot-from" in refused(behind, "ALTER SYSTEM PROMOTE")
    assert "--snapshot-from" in refused(drifted, "ALTER SYSTEM PROMOTE")
    drifted.stop()
    anew = ["--resync", "--snapshot-from", url(behind)]
    drifted.options += anew
    drifted.start()
    wait_until(lambda: "a snapshot was installed" in drifted.text(), what="its database is made anew")
    assert "log=kept" in drifted.text()
    drifted.wait_listening()
    tandem("promote", "--url", url(behind), "--url", url(drifted))
    drifted.wait_ready()
    titles = [("Emma!",), ("Persuasion",), ("acknowledged by the drifted one alone",)]
    assert drifted.query("SELECT title FROM book ORDER BY id") == titles
    drifted.options = drifted.options[:-len(anew)]
    pair.primary, pair.replicas = drifted, [behind]
    pair.assert_identical()
