"""A schema with something of everything that the catalogue tells of."""

SCHEMA = """
    CREATE TABLE author (id SERIAL PRIMARY KEY, name TEXT NOT NULL UNIQUE, born DATE);
    CREATE TABLE book (
        id INTEGER PRIMARY KEY, title VARCHAR(40) NOT NULL DEFAULT 'untitled', price NUMERIC(10,2) CHECK (price > 0),
        author_id INTEGER REFERENCES author (id) ON DELETE CASCADE, meta JSONB, shout TEXT GENERATED ALWAYS AS (upper(title)) STORED,
        UNIQUE (title, author_id));
    CREATE INDEX book_price ON book (price DESC);
    CREATE UNIQUE INDEX book_part ON book (author_id, lower(title)) WHERE price > 10;
    CREATE VIEW cheap AS SELECT id, title FROM book WHERE price < 5;
    CREATE TABLE pair (a INT NOT NULL, b INT NOT NULL, c TEXT, PRIMARY KEY (a, b), CONSTRAINT pair_order CHECK (a < b)) WITHOUT ROWID;
    CREATE TABLE "Sub" (x INT, "y z" INT, CONSTRAINT sub_pair FOREIGN KEY (x, "y z") REFERENCES pair (a, b) DEFERRABLE INITIALLY DEFERRED);
    CREATE VIRTUAL TABLE words USING fts5 (body);
    CREATE TRIGGER book_born AFTER INSERT ON book BEGIN UPDATE author SET born = born WHERE id = new.author_id; END;
"""


def create(pair):
    with pair.primary.connect() as connection:
        connection.execute(SCHEMA)
    pair.wait_level()
    return pair
