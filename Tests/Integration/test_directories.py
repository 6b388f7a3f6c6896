"""The name of each directory that is made is safe from a power cut before anything in it is promised."""

import os

import power_loss
from archives import wait_archived
from commands import tandem, url
from conftest import Node


def made_and_flushed(journal, root):
    """The directories that were made, and those of them whose own directory was flushed afterwards."""
    operations = power_loss.read(journal, root)
    made = {operation.path: number for number, operation in enumerate(operations) if operation.kind == power_loss.FOLDER}
    flushed = {operation.path: number for number, operation in enumerate(operations) if operation.kind == power_loss.FLUSH}
    return set(made), {path for path, number in made.items() if flushed.get(os.path.dirname(path) or ".", -1) > number}


def test_the_directories_of_a_node_its_archive_and_a_backup_are_flushed_into_their_own(tmp_path):
    root, journal = tmp_path / "root", tmp_path / "journal"
    root.mkdir()
    node = Node(tmp_path / "node", "primary", options=["--acknowledgements", "0", "--archive", str(root / "archive"),
                                                        "--archive-timeout", "50ms"])
    node.data = root / "new" / "group" / "data"
    node.environment = power_loss.recording(root, journal)
    try:
        node.start().wait_ready()
        wait_archived(node)
        tandem("backup", f"{root / 'backup'}/", "--url", url(node), environment=node.environment)
        made, flushed = made_and_flushed(journal, root)
        assert {"new", "new/group", "new/group/data", "new/group/data/log", "archive", "backup"} <= flushed, made - flushed
        # Who made them may have been killed before it flushed them: whoever finds them does it.
        node.kill()
        journal.unlink()
        node.start().wait_ready()
        wait_archived(node)
        flushes = {operation.path for operation in power_loss.read(journal, root) if operation.kind == power_loss.FLUSH}
        assert {"new/group", "new/group/data", "."} <= flushes
    finally:
        node.kill()
