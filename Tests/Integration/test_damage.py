"""What a crash leaves of a log is cut and said. Damage in an older segment ends no reign, is said to whom it concerns, and
refuses the next start."""

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


def test_a_torn_tail_is_cut_at_the_last_whole_record_and_said(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("INSERT INTO t VALUES (1)")
    pair.wait_level()
    pair.kill()
    for node in pair.nodes:
        segment = segments(node)[-1]
        end = len(segment.read_bytes().rstrip(b"\0"))
        with open(segment, "r+b") as file:
            file.seek(end + 16)
            file.write(b"what was being written")
        node.start()
    pair.wait_ready()
    for node in pair.nodes:
        said = [line for line in node.text().splitlines() if "the log was recovered" in line]
        assert len(said) == 1 and segments(node)[-1].name in said[0] and " at offset " in said[0]
    pair.primary.query("INSERT INTO t VALUES (2) RETURNING a")
    pair.wait_level()
    assert pair.replica.query("SELECT a FROM t ORDER BY a") == [(1,), (2,)]
    pair.assert_identical()
