"""A replica becomes the primary: because the old one is gone, or as planned; and the old one follows it."""

import shutil

import psycopg
import pytest

from commands import tandem, url
from conftest import Node, wait_until
from writers import Writers, assert_level_and_identical, make_table, numbers


def insert(node, number):
    with node.connect() as connection:
        connection.execute("INSERT INTO entry VALUES (%s)", (number,))


def test_a_replica_takes_over_from_a_dead_primary_and_the_old_one_follows_it(make_pair):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    old, new, other = pair.nodes
    old.kill()
    text = tandem("promote", "--url", url(new), "--url", url(other))
    promoted = new if f"{url(new)} is the primary" in text else other
    follower = other if promoted is new else new
    assert "is the primary, in epoch 2" in text
    insert(promoted, 1)
    wait_until(lambda: numbers(follower) == [0, 1], what="the other replica follows")
    with follower.connect() as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("INSERT INTO entry VALUES (2)")

    old.start()
    wait_until(lambda: numbers(old) == [0, 1], what="the old primary follows")
    wait_until(lambda: (old.status()["epoch"] or "").startswith("2@"), what="its status says so")
    assert old.status()["role"] == "replica" and old.status()["problem"] is None
    with old.connect() as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("INSERT INTO entry VALUES (2)")
    assert_level_and_identical(pair.nodes)


def test_what_the_dead_primary_had_alone_is_cut_off_and_kept(make_pair):
    pair = make_pair(replicas=1).start()
    make_table(pair)
    old, new = pair.nodes
    new.kill()
    with old.connect() as connection:
        connection.execute("SET tandem.commit_timeout = '200ms'")
        with pytest.raises(psycopg.errors.StatementCompletionUnknown) as doubt:
            connection.execute("INSERT INTO entry VALUES (1)")
    position = doubt.value.diag.message_detail.split()[-1]
    old.kill()
    new.start()
    wait_until(new.status, what="the replica answers")
    tandem("promote", "--url", url(new))
    old.start()
    wait_until(lambda: old.status()["epoch"] == new.status()["epoch"], what="the old primary follows")
    insert(new, 2)
    wait_until(lambda: numbers(old) == [0, 2], what="the old primary has what the new one wrote")
    for node in pair.nodes:
        assert node.query("SELECT tandem_outcome(%s)", (position,)) == [("never committed",)]
    (kept,) = (old.data / "divergent").glob("*.log")
    assert "entry" in tandem("log", str(kept))
    assert_level_and_identical(pair.nodes)


def test_a_promoted_replica_is_the_primary_again_when_all_restart_with_their_old_command_lines(make_pair):
    pair = make_pair(replicas=1).start()
    make_table(pair)
    old, new = pair.nodes
    old.kill()
    tandem("promote", "--url", url(new))
    old.start()
    wait_until(lambda: old.status()["state"] == "ready" and old.status()["role"] == "replica", what="it follows")
    insert(new, 1)
    pair.kill()
    for node in pair.nodes:
        node.start()
    wait_until(lambda: new.status()["state"] == "ready", what="the promoted node reigns again")
    assert new.status()["role"] == "primary" and old.status()["role"] == "replica"
    assert new.text().count("--primary is not followed") == 1, "said where it was not meant, and never before"
    insert(new, 2)
    wait_until(lambda: numbers(old) == [0, 1, 2], what="the other follows")


@pytest.mark.parametrize("reigns", ["in the same reign", "a reign ago"])
def test_a_primary_whose_disk_is_put_back_to_an_older_state_gives_its_reign_up(make_pair, reigns):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    old = pair.primary
    older = old.folder / "older"
    if reigns == "a reign ago":
        old.stop()
        shutil.copytree(old.data, older)
        old.start()
        pair.wait_ready()
    else:
        old.pause()  # As a snapshot of its virtual machine would find it.
        shutil.copytree(old.data, older)
        old.resume()
    for number in range(1, 5):
        insert(old, number)
    pair.wait_level()
    old.kill()
    shutil.rmtree(old.data)
    older.rename(old.data)
    old.start()
    wait_until(lambda: "an older copy" in (old.status()["problem"] or ""), what="it says what it is")
    status = old.status()
    assert (status["role"], status["whole"]) == ("replica", False)
    with old.connect() as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("INSERT INTO entry VALUES (9)")
    old.kill()
    old.start()
    wait_until(lambda: "promote" in (old.status()["problem"] or ""), what="it says what helps after a restart, too")
    assert not old.status()["whole"]

    tandem("promote", *(word for node in pair.nodes for word in ("--url", url(node))))
    wait_until(lambda: old.status()["whole"], what="it has caught up")
    assert old.status()["problem"] is None
    for node in pair.nodes:
        wait_until(lambda: numbers(node) == list(range(5)), what="what was acknowledged is there")
    assert_level_and_identical(pair.nodes)


def test_a_replica_that_knows_more_than_a_primary_that_was_put_back_keeps_it_until_somebody_chooses(make_pair):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    pair.wait_level()
    old, ahead, behind = pair.nodes
    behind.kill()
    older = old.folder / "older"
    old.pause()
    shutil.copytree(old.data, older)
    old.resume()
    for number in range(1, 5):
        insert(old, number)
    wait_until(lambda: numbers(ahead) == list(range(5)), what="it knows that they are committed")
    for node in (old, ahead):
        node.kill()
    shutil.rmtree(old.data)
    older.rename(old.data)
    for node in (old, behind):
        node.start()
    wait_until(lambda: old.status()["state"] == "ready", what="one promise is enough, of a replica that knows no more")
    insert(old, 9)
    ahead.start()
    wait_until(lambda: f"127.0.0.1:{ahead.port}" in (old.status()["problem"] or ""), what="it says who knows more")
    assert "older copy" in old.status()["problem"]
    wait_until(lambda: "older copy" in (ahead.status()["waiting_for"] or ""), what="the replica says why it waits")
    assert numbers(ahead) == list(range(5)) and numbers(old) == [0, 9]

    for node in (old, behind):
        node.kill()
    tandem("promote", "--url", url(ahead), "--accept-data-loss")
    for node in (behind, old):
        node.start()
        wait_until(lambda node=node: numbers(node) == list(range(5)), 60, "it has what was chosen")
    wait_until(lambda: ahead.status()["state"] == "ready", what="they acknowledge")
    insert(ahead, 5)
    assert_level_and_identical(pair.nodes)


def test_nobody_is_promoted_while_a_primary_lives(pair):
    make_table(pair)
    for options in ([], ["--dry-run"]):
        text = tandem("promote", "--url", url(pair.replica), *options, code=1)
        assert "a primary is alive" in text and "tandem switch-over" in text
        # The primary is not asked, and may have died a moment ago: it is not its own witness.
        assert f"({url(pair.primary)}): {url(pair.replica)} heard from it less than 5.000 s ago" in text
    insert(pair.primary, 1)
    assert pair.primary.status()["epoch"].startswith("1@")


def test_a_promotion_that_may_lose_acknowledged_transactions_is_refused_unless_that_is_accepted(make_pair):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    old, new, other = pair.nodes
    other.kill()
    old.kill()
    for options in (["--dry-run"], []):
        text = tandem("promote", "--url", url(new), *options, code=1)
        assert url(old) in text and url(other) in text and "--accept-data-loss" in text
        status = new.status()
        assert status["role"] == "replica"
        assert not options or "its promotion" not in (status["waiting_for"] or ""), "it was only asked"
    # Who looks later, or did not ask, is told why as well.
    reason = "s ago failed: only 1 member has promised"
    wait_until(lambda: reason in (new.status()["waiting_for"] or ""), what="it says why")
    assert f"{url(new)} would be promoted" in tandem(
        "promote", "--url", url(new), "--dry-run", "--accept-data-loss")
    assert new.status()["role"] == "replica"
    index = new.status()["last_index"]
    text = tandem("promote", "--url", url(new), "--accept-data-loss")
    for gone in (old, other):
        assert f"{url(gone)} does not answer: what it alone has above record {index} of epoch 1 is lost" in text
    assert new.status()["role"] == "primary"
    assert "above=1@" in new.text() and url(old) in new.text().split("missing=")[1].splitlines()[0]
    other.start()
    wait_until(lambda: new.status()["state"] == "ready", what="the new primary has a replica")
    insert(new, 1)
    assert "FORCED" in tandem("log", str(new.data))


def test_the_node_with_the_most_advanced_log_is_chosen_and_the_other_one_refused(make_pair):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    old, behind, ahead = pair.nodes
    behind.kill()
    insert(old, 1)
    old.kill()
    behind.start()
    urls = ["--url", url(behind), "--url", url(ahead)]
    wait_until(lambda: behind.status() and ahead.status(), what="both answer")
    assert f"{url(ahead)} would be promoted" in tandem("promote", "--dry-run", *urls)
    for options in (["--dry-run"], []):
        assert f"the log of {url(ahead)} is ahead" in tandem("promote", "--url", url(behind), *options, code=1)
    assert f"{url(ahead)} is the primary" in tandem("promote", *urls)
    wait_until(lambda: numbers(behind) == [0, 1], what="the other follows")


def test_a_switch_over_under_load_loses_nothing_and_fails_no_transaction_that_was_begun(make_pair):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    old, new, _ = pair.nodes
    with Writers(pair.nodes, 8) as writers:
        wait_until(lambda: len(writers.acknowledged) > 100, what="the writers write")
        tandem("switch-over", "--url", url(old), "--to", url(new))
        before = len(writers.acknowledged)
        wait_until(lambda: len(writers.acknowledged) > before + 100, what="they write to the new primary")
        tandem("switch-over", "--url", url(new), "--to", url(old))
        before = len(writers.acknowledged)
        wait_until(lambda: len(writers.acknowledged) > before + 100, what="they write to the first one again")
    assert not writers.doubtful
    assert {error.sqlstate for error in writers.errors} <= {"25006", None}, writers.errors
    assert all(error.sqlstate or "read-write" in str(error) or "read-only" in str(error) for error in writers.errors)
    assert old.status()["role"] == "primary" and new.status()["role"] == "replica"
    written = sorted(number for _, number in writers.acknowledged)
    assert numbers(old) == [0, *written]
    assert_level_and_identical(pair.nodes)


def test_a_switch_over_with_64_clients_leaves_nobody_writing_for_less_than_a_second(make_pair):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    old, new, _ = pair.nodes
    with Writers(pair.nodes, 64) as writers:
        wait_until(lambda: len({number % 64 for _, number in writers.acknowledged}) == 64, what="all writers write")
        begin = len(writers.acknowledged)
        tandem("switch-over", "--url", url(old), "--to", url(new))
        before = len(writers.acknowledged)
        wait_until(lambda: len(writers.acknowledged) > before + 100, what="they write to the new primary")
    times = sorted(time for time, _ in writers.acknowledged[begin:])
    pause = max(after - before for before, after in zip(times, times[1:]))
    print(f"without writes for {pause:.3f} s")
    assert pause < 1
    assert not writers.doubtful
    assert_level_and_identical(pair.nodes)


def test_a_switch_over_that_an_open_transaction_holds_up_is_given_up_and_writes_go_on(pair):
    make_table(pair)
    with pair.primary.connect(autocommit=False) as holder:
        holder.execute("INSERT INTO entry VALUES (1)")
        text = tandem("switch-over", "--url", url(pair.primary), "--to", url(pair.replica), code=1)
        assert "an open transaction held the writer" in text and "writes go on here" in text
        holder.commit()
    insert(pair.primary, 2)
    assert pair.primary.status()["role"] == "primary"


def test_a_switch_over_to_a_replica_that_is_not_there_changes_nothing(pair):
    make_table(pair)
    pair.replica.kill()
    wait_until(lambda: pair.primary.status()["acknowledgements_present"] == 0, what="the primary has noticed")
    text = tandem("switch-over", "--url", url(pair.primary), "--to", url(pair.replica), code=1)
    assert "cannot take over" in text or "no primary that takes writes" in text
    assert "no other node of this group" in tandem(
        "switch-over", "--url", url(pair.primary), "--to", "127.0.0.1:1", code=1)
    pair.replica.start()
    pair.wait_ready()
    insert(pair.primary, 1)


def test_what_an_operator_asks_for_cannot_be_part_of_a_transaction(pair):
    with pair.replica.connect(autocommit=False) as connection:
        connection.execute("SELECT 1")
        with pytest.raises(psycopg.errors.ActiveSqlTransaction):
            connection.execute("ALTER SYSTEM PROMOTE")
    with pair.replica.connect() as connection, pytest.raises(psycopg.errors.SyntaxError):
        connection.execute("ALTER SYSTEM PROMOTE QUICKLY")


def test_a_pair_whose_primary_is_gone_for_good_goes_on_with_a_new_replica(make_pair):
    pair = make_pair(replicas=1).start()
    make_table(pair)
    old, new = pair.nodes
    old.kill()
    tandem("promote", "--url", url(new))
    fresh = Node(old.folder.parent / "fresh", "replica", new).start()
    pair.replicas.append(fresh)
    wait_until(lambda: fresh.status()["flushed_index"] > 0, what="the new replica follows")
    assert new.status()["state"] == "waiting for replicas", "the old member still counts"
    remove = ["member", "remove", url(old), "--url", url(new)]
    assert "is not committed yet" in tandem(*remove, code=1)
    tandem(*remove, "--accept-data-loss")
    wait_until(lambda: new.status()["state"] == "ready", what="the new replica counts instead")
    insert(new, 1)
    wait_until(lambda: numbers(fresh) == [0, 1], what="it follows")
    assert "FORCED" in tandem("log", str(new.data))

    fresh.kill()
    new.kill()
    new.start()
    fresh.start()
    wait_until(lambda: new.status()["state"] == "ready" and new.status()["role"] == "primary", what="they start again")
    insert(new, 2)
    fresh.stop()
    new.stop()


def test_a_member_that_does_not_come_back_counts_no_longer_once_it_is_removed(make_pair):
    pair = make_pair(replicas=2, acknowledgements="majority").start()
    make_table(pair)
    primary, gone, left = pair.nodes
    remove = ["member", "remove", url(gone), "--url", url(primary)]
    assert "stop it first" in tandem(*remove, code=1)
    gone.kill()
    wait_until(lambda: primary.status()["acknowledgements_present"] == 1, what="the primary has noticed")
    tandem(*remove)
    wait_until(lambda: len(primary.query("SHOW tandem.members")) == 1, what="one other node is left")
    insert(primary, 1)
    assert "no other node of this group" in tandem(*remove, code=1)

    gone.start()
    wait_until(lambda: numbers(gone) == [0, 1], what="it is added again when it comes back")
    wait_until(
        lambda: all(member[2] for member in primary.query("SHOW tandem.members")), what="it is a member again")


def test_in_maintenance_nobody_writes_until_it_is_over_even_after_a_restart(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE kept (number INTEGER)")
        with connection.transaction():
            connection.execute("INSERT INTO kept VALUES (1)")
            assert "serves reads only" in tandem("maintenance", "on", "--url", url(pair.replica))
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="in maintenance"):
            connection.execute("INSERT INTO kept VALUES (2)")
        assert connection.execute("SELECT number FROM kept").fetchall() == [(1,)], "who had written could commit"
    pair.primary.stop()
    pair.primary.start()
    wait_until(lambda: pair.primary.status()["state"] == "maintenance", what="it is remembered")
    with pair.primary.connect() as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("CREATE TABLE other (number INTEGER)")
    tandem("maintenance", "off", "--url", url(pair.primary))
    pair.primary.wait_ready()
    pair.primary.query("INSERT INTO kept VALUES (3) RETURNING number")
