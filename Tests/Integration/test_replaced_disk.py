"""A replica comes back with an empty data directory: it is another node, and what it was is still a member."""

import shutil

import psycopg
import pytest

from commands import tandem, url
from conftest import wait_until
from writers import assert_level_and_identical, make_table, numbers


def members(node):
    """Each other node's identity, and whether it is a member and connected."""
    return {row[0]: (row[2], row[3]) for row in node.query("SHOW tandem.members")}


def replace_disk(primary, node):
    """Starts a node on an empty disk; the identity that it had."""
    old = node.status()["node"]
    node.kill()
    shutil.rmtree(node.data)
    node.start()
    wait_until(lambda: any(
        member and connected and identity == node.status()["node"]
        for identity, (member, connected) in members(primary).items()), what="the new node has joined")
    assert node.status()["node"] != old
    return old


def insert(node, number):
    with node.connect() as connection:
        connection.execute("SET tandem.commit_timeout = '20s'")
        connection.execute("INSERT INTO entry VALUES (%s)", (number,))


def test_the_primary_names_what_is_gone_and_its_address_removes_it(make_pair):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    primary, replaced, other = pair.nodes
    old = replace_disk(primary, replaced)
    problem = wait_until(lambda: primary.status()["problem"], what="the primary says so")
    assert f"tandem member remove {old} --url {url(primary)}'" in problem
    assert problem in tandem("status", "--url", url(other))
    assert old in primary.text()

    text = tandem("member", "remove", url(replaced), "--url", url(other))
    assert text.strip() == f"Node {old}, which was at {url(replaced)}, is no member any more."
    expected = {replaced.status()["node"], other.status()["node"]}
    wait_until(lambda: set(members(primary)) == expected, what="the members show it")
    wait_until(lambda: primary.status()["problem"] is None, what="nothing is wrong any more")
    assert "is connected" in tandem("member", "remove", url(replaced), "--url", url(primary), code=1)

    primary.kill()
    tandem("promote", "--url", url(replaced), "--url", url(other))
    wait_until(lambda: {node.status()["role"] for node in (replaced, other)} == {"primary", "replica"}, what="one reigns")
    primary.start()
    wait_until(lambda: primary.status()["epoch"] == other.status()["epoch"], what="the old primary follows")
    assert_level_and_identical(pair.nodes)


def test_a_promotion_that_lacks_it_says_whom_and_why(make_pair):
    pair = make_pair(replicas=2).start()
    make_table(pair)
    primary, replaced, other = pair.nodes
    old = replace_disk(primary, replaced)
    primary.kill()
    for node in (replaced, other):
        refusal = tandem("promote", "--url", url(node), code=1)
        assert f"node {old} was at {url(replaced)}" in refusal
        assert f"tandem member remove {old}" in refusal
    # It had dialled, and asked, itself.
    assert replaced.status()["problem"] is None
    assert "was a data directory copied" not in replaced.text()

    primary.start().wait_ready()
    tandem("member", "remove", old, "--url", url(primary))
    pair.wait_ready()
    primary.kill()
    tandem("promote", "--url", url(replaced), "--url", url(other))


@pytest.mark.parametrize("acknowledgements, replicas", [("all", 2), ("1", 1)])
def test_where_it_is_waited_for_it_is_named_and_removed_by_force(make_pair, acknowledgements, replicas):
    pair = make_pair(replicas=replicas, acknowledgements=acknowledgements).start()
    make_table(pair)
    primary, replaced = pair.nodes[:2]
    old = replace_disk(primary, replaced)
    with primary.connect() as connection:
        connection.execute("SET tandem.commit_timeout = '200ms'")
        with pytest.raises(psycopg.errors.StatementCompletionUnknown):
            connection.execute("INSERT INTO entry VALUES (1)")
        primary.wait_commit_waits()
    waiting = wait_until(lambda: primary.status()["waiting_for"], what="it says what it waits for")
    assert f"{url(replaced)} (node {old}) is gone, and another node has its address" in waiting
    problem = primary.status()["problem"]
    assert f"tandem member remove {old} --url {url(primary)} --accept-data-loss'" in problem

    assert "--accept-data-loss" in tandem("member", "remove", old, "--url", url(primary), code=1)
    tandem("member", "remove", old, "--url", url(primary), "--accept-data-loss")
    insert(primary, 2)
    wait_until(lambda: numbers(replaced) == [0, 1, 2], what="the new node has everything")
    wait_until(lambda: primary.status()["problem"] is None, what="nothing is wrong any more")
    assert_level_and_identical(pair.nodes)
