"""A clock that was ahead leaves records from the future: nothing is lost by it, and it is said."""

from clock import Clock
from commands import tandem, url
from conftest import wait_until

HOUR = 3600
WORDS = "this node's clock is behind the newest record"


def test_a_primary_whose_clock_is_behind_the_newest_record_says_so_until_it_has_caught_up(make_pair):
    pair = make_pair()
    primary = pair.primary
    clock = Clock(primary.folder / "clock")
    primary.environment = clock.environment
    pair.start()
    with primary.connect() as connection:
        connection.execute("CREATE TABLE entry (number INTEGER)")
        assert primary.status()["problem"] is None
        clock.set(HOUR)
        connection.execute("INSERT INTO entry VALUES (1)")
        assert primary.status()["problem"] is None, "a clock that is ahead is no news to itself"
        clock.set(0)
        for number in (2, 3):
            connection.execute("INSERT INTO entry VALUES (%s)", (number,))
        problem = wait_until(lambda: primary.status()["problem"], what="it is said")
        assert "behind the newest record" in problem and "clock is 3" in problem
        assert primary.text().count(WORDS) == 1, "once"
    # Whoever reigns next has the same log, and says the same.
    primary.stop()
    primary.start().wait_ready()
    wait_until(lambda: primary.status()["problem"], what="it is said after a restart")
    clock.set(HOUR + 60)
    with primary.connect() as connection:
        connection.execute("INSERT INTO entry VALUES (4)")
    wait_until(lambda: primary.status()["problem"] is None, what="it is over")
    pair.assert_identical()


def test_a_delayed_replica_says_that_the_times_of_its_records_are_ahead_of_its_clock(make_pair):
    pair = make_pair(replica_options=["--delay", "1s"])
    clock = Clock(pair.primary.folder / "clock")
    pair.primary.environment = clock.environment
    pair.primary.start()
    pair.replica.start()
    pair.primary.wait_ready()
    clock.set(HOUR)
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE entry (number INTEGER)")
    wait_until(lambda: "its clock, which is 3" in (pair.replica.status()["waiting_for"] or ""), what="it is said")
    status = pair.replica.status()
    assert status["state"] == "delayed" and status["lag_seconds"] == 0
    assert f"{url(pair.replica)} waits for its clock" in tandem("status", "--url", url(pair.primary))


def test_a_former_primary_does_not_say_it_any_more_and_its_successor_does(make_pair):
    pair = make_pair()
    former, successor = pair.nodes
    clock = Clock(former.folder / "clock")
    former.environment = clock.environment
    pair.start()
    clock.set(HOUR)
    with former.connect() as connection:
        connection.execute("CREATE TABLE entry (number INTEGER)")
        clock.set(0)
        connection.execute("INSERT INTO entry VALUES (1)")
    wait_until(lambda: former.status()["problem"], what="it is said")
    tandem("switch-over", "--to", url(successor), "--url", url(former))
    wait_until(lambda: former.status()["role"] == "replica" and former.status()["state"] == "ready", what="it follows")
    assert former.status()["problem"] is None
    assert "behind the newest record" in successor.status()["problem"]
