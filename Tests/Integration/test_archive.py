"""A node's log is archived while it runs: whole, in order, once, whatever fails or ends in between."""

import errno
import os
import pathlib
import shutil
import signal
import threading

import psycopg
import pytest

from archives import SMALL, archived, contents, last_index, wait_archived
from commands import tandem, url
from conftest import Node, wait_until
from faults import FaultyDisk

ALONE = ["--acknowledgements", "0"]


@pytest.fixture
def make_node(tmp_path):
    nodes = []

    def make(*options, name="node"):
        nodes.append(Node(tmp_path / name, "primary", options=[*ALONE, *options]))
        return nodes[-1]

    yield make
    for node in nodes:
        node.kill()


def make_table(node):
    with node.connect() as connection:
        connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT)")


def insert(node, count=1, size=100):
    with node.connect() as connection:
        for _ in range(count):
            connection.execute(f"INSERT INTO entry (text) VALUES (hex(randomblob({size})))")


def assert_restores(tmp_path, backup, archive, node, name="restored"):
    """The archive leads from the backup to what the node, which is stopped, has in its database."""
    tandem("restore", "--backup", backup, "--archive", archive, "--data", tmp_path / name)
    assert contents(tmp_path / name / "tandem.sqlite") == contents(node.data / "tandem.sqlite")


def backed_up(node, path):
    tandem("backup", path, "--url", url(node))
    return path


def test_kills_in_the_middle_of_writing_leave_an_archive_that_is_whole(make_node, tmp_path):
    archive = tmp_path / "archive"
    node = make_node("--archive", str(archive), "--segment-size", "65536", "--archive-timeout", "20ms").start().wait_ready()
    make_table(node)
    backup = backed_up(node, tmp_path / "backup.sqlite")
    for round in range(4):
        stop = threading.Event()

        def write():
            try:
                with node.connect() as connection:
                    while not stop.is_set():
                        connection.execute("INSERT INTO entry (text) VALUES (hex(randomblob(5000)))")
            except psycopg.Error:
                pass

        writer = threading.Thread(target=write)
        before = archived(node)
        writer.start()
        wait_until(lambda: archived(node) > before + 30, what="some is archived")
        node.kill()
        stop.set()
        writer.join()
        if round == 2:  # What a crash in the middle of a file leaves.
            state = dict(line.split(" ", 1) for line in (node.data / "node.state").read_text().splitlines()[1:])
            (archive / f"next.{state['node']}.partial").write_bytes(b"half of it")
        node.start().wait_ready()
    wait_archived(node)
    assert not list(archive.glob("*.partial"))
    node.stop()
    text = tandem("archive", "list", archive, "--verify")
    assert "every checksum of every file fits" in text and text.count("holds ") == 1
    assert_restores(tmp_path, backup, archive, node)


def test_a_command_that_fails_or_hangs_is_tried_again_until_the_file_is_safe(make_node, tmp_path):
    archive, gate = tmp_path / "archive with spaces", tmp_path / "gate"
    archive.mkdir()
    started = tmp_path / "started"
    # Fails as long as there is no gate, hangs as long as it says so.
    command = (f'echo $$ > "{started}.new"; mv "{started}.new" "{started}"; test -f "{gate}" || exit 7; grep -q hang "{gate}" && exec sleep 1000; '
               f'cp "%p" "{archive}/%f.new" && mv "{archive}/%f.new" "{archive}/%f" # 100%%')
    node = make_node("--archive-command", command, "--segment-size", "65536", "--archive-timeout", "50ms",
                     "--log-keep-size", "64KiB").start().wait_ready()
    make_table(node)
    backup = backed_up(node, tmp_path / "backup.sqlite")
    wait_until(lambda: int(node.status()["archive_failures"]) >= 2, what="it fails, and is tried again")
    status = node.status()
    assert "ended with exit code 7" in status["archive_problem"] and int(status["archived_index"]) == 0
    assert "cannot archive its log: the archive command ended with exit code 7" in tandem("status", "--url", url(node))
    assert node.text().count("the log cannot be archived; trying again") == 1, "said once"
    # What is not archived is not pruned, also where an operator asks for it.
    insert(node, 10, 20000)
    wait_until(
        lambda: "records from 1 on are not archived yet" in tandem("log", "prune", "--below", "3", "--url", url(node), code=1),
        what="that, and not the database's next checkpoint, is in the way")
    gate.write_text("hang")
    started.unlink()
    wait_until(started.exists, what="the command hangs")
    node.kill()  # In the middle of archiving; the command goes on without it.
    os.kill(int(started.read_text()), signal.SIGKILL)
    gate.write_text("go")
    node.start().wait_ready()
    wait_archived(node)
    wait_until(lambda: node.status()["archive_problem"] is None, what="no problem is left")
    gate.write_text("hang")
    started.unlink()
    insert(node)
    wait_until(started.exists, what="the command hangs again")
    assert node.stop() == 0, "a command that hangs keeps no node from stopping"
    gate.write_text("go")
    node.start().wait_ready()
    wait_archived(node)
    node.stop()
    assert_restores(tmp_path, backup, archive, node)


def test_a_full_disk_under_the_archive_is_said_and_archiving_goes_on_by_itself(make_node, tmp_path):
    node = make_node("--archive", str(tmp_path / "archive"), "--archive-timeout", "20ms")
    disk = FaultyDisk(node)
    disk.fail_writes("*/archive/*", error=errno.ENOSPC)
    node.start().wait_ready()
    make_table(node)
    problem = wait_until(lambda: node.status()["archive_problem"], what="the problem is said")
    assert os.strerror(errno.ENOSPC) in problem and "goes on by itself" in problem
    assert "start the node" not in problem
    insert(node)
    disk.mend()
    wait_archived(node)
    wait_until(lambda: node.status()["archive_problem"] is None, what="the problem is over")


def is_running(process):
    """Whether a process that this one did not start runs still."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_command_that_hangs_is_said_and_ends_with_the_node_and_all_it_has_started(make_node, tmp_path):
    started = tmp_path / "started"
    command = f'sleep 1000 & echo $! > "{started}.new"; mv "{started}.new" "{started}"; wait; exit 1 # %p'
    node = make_node("--archive-command", command, "--archive-timeout", "50ms").start().wait_ready()
    wait_until(started.exists, what="the command hangs")
    problem = wait_until(lambda: node.status()["archive_problem"], what="it is said")
    assert problem.startswith("the archive command (sleep 1000") and "for longer than 2.000 s" in problem
    assert int(node.status()["archive_failures"]) == 0
    assert "cannot archive its log" in tandem("status", "--url", url(node))
    child = int(started.read_text())
    assert is_running(child)
    assert node.stop() == 0
    wait_until(lambda: not is_running(child), what="what the command has started ends")


def test_a_command_that_leaves_something_in_the_background_takes_one_file_after_the_other(make_node, tmp_path):
    archive, left = tmp_path / "archive", tmp_path / "left"
    archive.mkdir()
    command = f'cp "%p" "{archive}/%f" && (sleep 1000 & echo $! >> "{left}"); exit 0'
    node = make_node("--archive-command", command, "--archive-timeout", "20ms").start().wait_ready()
    try:
        make_table(node)
        wait_archived(node)
        insert(node)
        wait_archived(node)
        assert len(list(archive.iterdir())) >= 2
    finally:
        for process in left.read_text().split():
            os.kill(int(process), signal.SIGKILL)


def test_the_limit_of_the_log_wins_and_the_gap_is_said_everywhere(make_node, tmp_path):
    archive = tmp_path / "archive"
    node = make_node("--archive", str(archive), *SMALL, "--log-keep-size", "64KiB", "--log-limit", "512KiB")
    node.start().wait_ready()
    make_table(node)
    backup = backed_up(node, tmp_path / "backup.sqlite")
    wait_archived(node)
    last = archived(node)
    # A file where the directory should be.
    moved = tmp_path / "moved"
    archive.rename(moved)
    archive.write_text("in the way")
    with node.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('not archived')")
    wait_until(lambda: node.status()["archive_problem"], what="archiving fails")
    insert(node, 40, 20000)
    wait_until(lambda: "NOT ARCHIVED" in node.text(), what="the log is pruned to its limit")
    archive.unlink()
    moved.rename(archive)
    node.stop()  # It has failed so often that it would wait before the next attempt.
    node.start().wait_ready()
    wait_archived(node)
    assert "the archive has a GAP" in node.text()
    first = int(node.status()["log_first_index"])
    node.stop()
    text = tandem("archive", "list", archive, code=1)
    assert f"GAP    records {last + 1} to " in text and "holds " in text
    message = tandem("restore", "--backup", backup, "--archive", archive, "--data", tmp_path / "restored", code=1)
    assert f"The archive has a gap: it does not hold records {last + 1} to " in message
    assert first > last + 1


def test_a_promoted_replica_says_that_it_does_not_know_what_a_command_has_archived_before(make_pair, tmp_path):
    archive = tmp_path / "archive"
    archive.mkdir()
    options = ["--archive-command", f'cp "%p" "{archive}/%f"', *SMALL, "--log-keep-size", "64KiB"]
    pair = make_pair(primary_options=options, replica_options=options).start()
    make_table(pair.primary)
    words = "nothing is known of what was archived below the beginning of this node's log"
    insert(pair.primary, 20, 20000)
    wait_until(lambda: int(pair.replica.status()["log_first_index"] or 0) > 1, what="the replica prunes its log")
    wait_archived(pair.primary)
    pair.wait_level()
    pair.primary.kill()
    first = int(pair.replica.status()["log_first_index"])
    tandem("promote", "--url", url(pair.replica))
    wait_until(lambda: words in pair.replica.text(), what="it is said")
    assert f"from={first} " in pair.replica.text()
    assert words not in pair.primary.text()


def test_an_archive_goes_on_over_a_change_of_the_primary_and_every_node_writes_the_same(make_pair, tmp_path):
    archive, own = tmp_path / "archive", tmp_path / "own"
    pair = make_pair(primary_options=["--archive", str(archive), *SMALL], replica_options=["--archive", str(archive), *SMALL])
    replica = pair.replica
    pair.start()
    make_table(pair.primary)
    pair.wait_level()
    backup = backed_up(replica, tmp_path / "backup.sqlite")
    insert(pair.primary, 20, 3000)
    wait_archived(pair.primary)
    wait_until(lambda: archived(replica) == archived(pair.primary), what="the replica sees what is archived")
    insert(pair.primary, 5)
    pair.primary.kill()
    tandem("promote", "--url", url(replica))
    pair.primary.options[pair.primary.options.index(str(archive))] = str(own)
    pair.primary.options += ["--archive-mode", "always"]
    pair.primary.start()
    wait_until(lambda: replica.status()["state"] == "ready", what="the new primary reigns")
    insert(replica, 20, 3000)
    wait_archived(replica)
    commit = last_index(replica)
    wait_until(lambda: archived(pair.primary) >= commit, what="the replica archives in a place of its own")
    pair.stop()
    text = tandem("archive", "list", archive, "--verify")
    assert "given up" not in text and " from 1, 2@" in text and text.count("holds ") == 1
    assert_restores(tmp_path, backup, archive, replica)
    assert_restores(tmp_path, backup, own, pair.primary, "restored too")
    # Files of the same records have the same bytes, whichever node wrote them, and may lie together.
    same = [path for path in own.iterdir() if (archive / path.name).exists()]
    assert same and all(path.read_bytes() == (archive / path.name).read_bytes() for path in same)
    for path in own.iterdir():
        shutil.copy(path, archive)
    shutil.rmtree(tmp_path / "restored")
    assert_restores(tmp_path, backup, archive, replica)


def test_where_committed_records_were_given_up_the_epochs_decide_what_is_restored(make_pair, tmp_path):
    archive = tmp_path / "archive"
    options = ["--archive", str(archive), *SMALL]
    pair = make_pair(acknowledgements="0", primary_options=options, replica_options=options).start()
    old, new = pair.nodes
    make_table(old)
    insert(old, 3)
    pair.wait_level()
    before = backed_up(new, tmp_path / "before.sqlite")
    common = last_index(new)
    new.stop()
    with old.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('given up')")
    insert(old, 10)
    wait_archived(old)
    given_up = backed_up(old, tmp_path / "given-up.sqlite")
    insert(old, 2)
    wait_archived(old)
    lost = last_index(old)
    old.stop()
    old_contents = contents(old.data / "tandem.sqlite")
    new.start().wait_listening()
    tandem("promote", "--accept-data-loss", "--url", url(new))
    wait_until(lambda: new.status()["state"] == "ready", what="the new primary reigns")
    insert(new, 3)
    with new.connect() as connection:
        connection.execute("INSERT INTO entry (text) VALUES ('kept')")
    wait_archived(new)
    new.stop()
    text = tandem("archive", "list", archive, "--verify")
    assert f", 2@" in text and "given up 1@" in text
    assert_restores(tmp_path, before, archive, new)
    assert last_index_of(text) != lost
    # A backup of what was given up leads to its own end, and that is said.
    text = tandem("restore", "--backup", given_up, "--archive", archive, "--data", tmp_path / "old")
    assert "note: The archive has a newer history" in text and f"up to record {lost}," in text
    assert contents(tmp_path / "old" / "tandem.sqlite") == old_contents
    text = tandem("restore", "--backup", before, "--archive", archive, "--data", tmp_path / "common", "--to-index", common)
    assert f"up to record {common}," in text


def last_index_of(text):
    """The last record of the newest history, as `tandem archive list` says it."""
    return int(next(line for line in text.splitlines() if "holds " in line).split(" to ")[1].split(",")[0])
