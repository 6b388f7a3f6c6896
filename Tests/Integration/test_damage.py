"""Damage in an older segment of the log: it ends no reign, is said to whom it concerns, and refuses the next start."""

from conftest import Node, wait_until

ROW = "INSERT INTO t (b) VALUES (printf('%.*c', 2000, 'x'))"


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 0x55]))


def segments(node):
    return sorted((node.data / "log").glob("*.tandemlog"))


def test_damage_in_an_older_segment_ends_no_reign_and_refuses_the_next_start(make_pair):
    pair = make_pair(acknowledgements="0", primary_options=["--segment-size", "65536"])
    primary = pair.primary
    pair.start()
    with primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
        for _ in range(150):
            connection.execute(ROW)
    pair.wait_level()
    files = segments(primary)
    assert len(files) > 3
    flip(files[1], 20000)
    late = Node(primary.folder.parent / "late", "replica", primary)
    try:
        late.start()
        problem = wait_until(lambda: primary.status()["problem"], what="the damage in the status")
        assert files[1].name in problem
        # The replica that needs nothing of it goes on, and so do commits.
        with primary.connect() as connection:
            connection.execute(ROW)
        wait_until(lambda: pair.replica.query("SELECT count(*) FROM t")[0][0] == 151)
        wait_until(lambda: "cannot read from its log" in late.text(), what="the reason at the replica")
    finally:
        late.kill()
    assert primary.stop() == 0
    primary.start()
    assert primary.process.wait(20) != 0
    primary.process = None
    assert files[1].name in primary.text() and "offset" in primary.text()
    flip(files[1], 20000)
    primary.start().wait_ready()
    pair.assert_identical()
