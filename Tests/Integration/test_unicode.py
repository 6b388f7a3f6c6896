"""Real input: the Unicode character database, loaded into the primary while it is killed once in the middle."""

import pathlib

import psycopg

FILE = pathlib.Path("/usr/share/unicode/UnicodeData.txt")
FIELDS = [
    "code", "name", "category", "combining", "bidirectional", "decomposition", "decimal", "digit", "number",
    "mirrored", "old_name", "comment", "uppercase", "lowercase", "titlecase",
]


def records():
    return [line.rstrip("\n").split(";") for line in FILE.open(encoding="ascii")]


def test_the_unicode_database_survives_a_kill_and_answers_from_the_replica(pair):
    data = records()
    assert len(data) > 34_000 and all(len(record) == len(FIELDS) for record in data)
    columns = ", ".join(f"{field} TEXT" for field in FIELDS[1:])
    with pair.primary.connect() as connection:
        connection.execute(f"CREATE TABLE character (code TEXT PRIMARY KEY, {columns}) WITHOUT ROWID")
        connection.execute("CREATE INDEX character_category ON character (category)")

    statement = f"INSERT INTO character VALUES ({', '.join(['%s'] * len(FIELDS))})"
    batches = [data[start:start + 500] for start in range(0, len(data), 500)]
    killed = False
    connection = pair.primary.connect(autocommit=False)
    for number, batch in enumerate(batches):
        while True:
            try:
                if connection is None:
                    connection = pair.primary.connect(autocommit=False)
                    present = connection.execute(
                        "SELECT count(*) FROM character WHERE code = %s", (batch[0][0],)).fetchone()[0]
                    if present:
                        break
                connection.cursor().executemany(statement, batch)
                if number == len(batches) // 2 and not killed:
                    killed = True
                    pair.primary.kill()
                    pair.primary.start()
                connection.commit()
                break
            except (psycopg.Error, OSError):
                if connection is not None:
                    connection.close()
                connection = None
                pair.primary.wait_ready()
    connection.close()
    assert killed

    pair.wait_level()
    with pair.replica.connect() as replica:
        one = lambda sql: replica.execute(sql).fetchone()[0]
        assert one("SELECT count(*) FROM character") == len(data)
        assert one("SELECT name FROM character WHERE code = '1F600'") == "GRINNING FACE"
        assert one("SELECT count(*) FROM character WHERE category = 'Lu'") == sum(r[2] == "Lu" for r in data)
        assert one("SELECT lowercase FROM character WHERE name = 'GREEK CAPITAL LETTER OMEGA'") == "03C9"
    pair.assert_identical()
