"""A primary whose database another program has changed says so and goes on; its replicas are not made to pay for it."""

from conftest import wait_until


def fill(node):
    with node.connect() as connection:
        connection.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, price REAL)")
        connection.execute("CREATE TABLE shelf (room TEXT PRIMARY KEY)")
        connection.execute("INSERT INTO book (title, price) VALUES ('Emma', 3), ('Persuasion', 4.5)")
        connection.execute("INSERT INTO shelf VALUES ('east')")


def wait_drifted(node, table="`book`"):
    return wait_until(lambda: table in (node.status()["drift"] or ""), what="drift in the status")


def assert_takes_writes(node, price):
    with node.connect() as connection:
        connection.execute("UPDATE book SET price = %s WHERE id = 1", (price,))
    assert node.query("SELECT price FROM book WHERE id = 1") == [(price,)]


def test_a_lone_primary_whose_rows_were_changed_while_it_was_stopped_starts_and_goes_on(make_pair):
    pair = make_pair(acknowledgements="0", replicas=0)
    primary = pair.start().primary
    fill(primary)
    assert primary.stop() == 0
    primary.change_behind("UPDATE book SET title = 'Sanditon' WHERE id = 2")
    primary.start()
    wait_drifted(primary)
    assert_takes_writes(primary, 5.0)
    # What is in its log is applied again after a crash, and what is written down of the drift stops it neither.
    primary.kill()
    primary.start()
    wait_drifted(primary)
    assert_takes_writes(primary, 6.0)
    assert primary.query("SELECT title FROM book ORDER BY id") == [("Emma",), ("Sanditon",)]


def test_a_change_past_a_running_primary_stops_no_replica_and_a_restart_not_the_primary(make_pair):
    pair = make_pair(acknowledgements="1").start()
    primary, replica = pair.nodes
    fill(primary)
    primary.change_behind("UPDATE book SET title = 'Sanditon' WHERE id = 1")
    assert_takes_writes(primary, 5.0)
    wait_drifted(primary)
    assert_takes_writes(primary, 6.0)
    pair.wait_level()
    # The replica has what the log says.
    assert replica.status()["state"] == "ready"
    assert replica.query("SELECT title, price FROM book ORDER BY id") == [("Emma", 6.0), ("Persuasion", 4.5)]
    assert primary.stop() == 0
    primary.start()
    wait_drifted(primary)
    assert_takes_writes(primary, 7.0)
    # Who is told to make its database anew from such a primary has the primary's rows, and goes on.
    replica.stop()
    replica.options.append("--resync")
    replica.start()
    wait_until(lambda: replica.query("SELECT title FROM book WHERE id = 1") == [("Sanditon",)], what="the primary's rows")
    replica.options.remove("--resync")
    assert_takes_writes(primary, 8.0)
    pair.wait_level()
    replica.wait_ready()
    assert replica.status()["drift"] is None
    pair.assert_identical()
