"""A replica that is delayed by choice: it stores and acknowledges at once, and shows what was true some time ago."""

import time

from commands import run, url
from conftest import wait_until


def delayed(make_pair, delay, **options):
    """A primary, and its only replica, which is delayed."""
    return make_pair(replica_options=["--delay", delay, "--segment-size", "65536"], **options)


def start(pair):
    pair.primary.start()
    pair.replica.start()
    pair.primary.wait_ready()
    wait_until(lambda: pair.replica.status()["state"] == "delayed", what="the replica delayed")


def write(pair, count):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS book (id INTEGER PRIMARY KEY, title TEXT)")
        for _ in range(count):
            connection.execute("INSERT INTO book (title) VALUES (hex(randomblob(5000)))")


def tables(node):
    return node.query("SELECT count(*) FROM sqlite_schema WHERE name = 'book'")[0][0]


def restart(node, delay, wait_for):
    node.stop()
    node.options[node.options.index("--delay") + 1] = delay
    node.start()
    wait_until(lambda: node.status()["state"] == wait_for, what=f"the replica {wait_for}")


def test_what_is_committed_is_acknowledged_and_kept_at_once_and_applied_when_it_is_old_enough(make_pair):
    pair = delayed(make_pair, "1h", acknowledgements="1")
    start(pair)
    write(pair, 20)  # Each commit has its acknowledgement.
    commit = int(pair.primary.status()["commit_index"])
    status = wait_until(
        lambda: (lambda s: s["commit_index"] == commit and s)(pair.replica.status()), what="the commit index there")
    assert status["flushed_index"] == commit and status["applied_index"] == 0 and status["lag_transactions"] == commit
    assert status["delay_seconds"] == 3600 and status["lag_seconds"] < 3600 and status["problem"] is None
    assert tables(pair.replica) == 0
    answer = run("status", "--url", url(pair.primary))
    assert answer.returncode == 0 and "is delayed by choice: it applies what was committed 3600.000 s ago" in answer.stdout
    # It has what it lacks in its log, whatever is asked for: no limit takes that away.
    answer = run("log", "prune", "--below", str(commit), "--leave-members-behind", "--url", url(pair.replica))
    assert answer.returncode == 1 and "the database has only records up to 0 safe" in answer.stderr
    # After a crash it shows what it showed before, at once, with its primary away, too.
    pair.replica.kill()
    pair.primary.stop()
    pair.replica.start()
    wait_until(lambda: tables(pair.replica) == 0, what="reads after the crash")
    assert pair.replica.status()["applied_index"] == 0
    # What is old enough by now is applied without a primary.
    restart(pair.replica, "100ms", "connecting")
    # Of the last two it has not written down yet that they are committed.
    wait_until(lambda: pair.replica.query("SELECT count(*) FROM book")[0][0] >= 18, what="the old rows")
    pair.primary.start().wait_ready()
    restart(pair.replica, "1s", "delayed")
    began = time.time()
    write(pair, 1)
    wait_until(lambda: pair.replica.query("SELECT count(*) FROM book") == [(21,)], what="the new row")
    assert time.time() - began >= 1
    restart(pair.replica, "0", "ready")
    pair.assert_identical()


def test_a_delayed_replica_that_is_promoted_applies_everything_first(make_pair):
    pair = delayed(make_pair, "1h", acknowledgements="1")
    start(pair)
    write(pair, 20)
    answer = run("switch-over", "--to", url(pair.replica), "--url", url(pair.primary))
    assert answer.returncode == 1 and "is delayed by choice" in answer.stderr
    assert "writes are paused" not in pair.primary.text(), "its writers did not wait for that"
    write(pair, 1)
    pair.primary.kill()
    with pair.replica.connect() as connection:
        connection.execute("ALTER SYSTEM PROMOTE")
    # Its reign is committed with the old primary, which follows; then it applies and takes writes.
    pair.primary.start()
    wait_until(lambda: pair.replica.status()["state"] == "ready", what="the new primary ready")
    assert pair.replica.query("SELECT count(*) FROM book") == [(21,)]
    with pair.replica.connect() as connection:
        connection.execute("INSERT INTO book (title) VALUES ('Emma')")
    wait_until(lambda: pair.primary.query("SELECT count(*) FROM book") == [(22,)], what="the row on the old primary")
    # As a replica again it is delayed again.
    run("switch-over", "--to", url(pair.primary), "--url", url(pair.replica))
    wait_until(lambda: pair.primary.status()["state"] == "ready", what="the old primary back")
    wait_until(lambda: pair.replica.status()["state"] == "delayed", what="the replica delayed again")
    with pair.primary.connect() as connection:
        connection.execute("INSERT INTO book (title) VALUES ('Persuasion')")
    assert pair.replica.query("SELECT count(*) FROM book") == [(22,)]
    answer = run("verify", "--url", url(pair.primary))
    assert answer.returncode == 0 and f"{url(pair.replica)} is delayed by choice" in answer.stdout
