"""pgjdbc with HikariCP, as Debian packages them."""

import pathlib
import subprocess

import catalog_schema

JARS = ["postgresql.jar", "HikariCP.jar", "slf4j-api.jar", "slf4j-nop.jar"]

EXPECTED = """\
batch [1, 1]
key 1
key 2
first 20 book 19 20.25 11
fetched 11
types bigserial varchar numeric int8 true true book
unique 23505
failed 25P02
read-only 25006
count 3
isolation true
returned false true true true
product PostgreSQL 15 books public
table Sub TABLE
table author TABLE
table book TABLE
table pair TABLE
table words TABLE
table cheap VIEW
column id int8 19 0 0 null 1 YES
column title varchar 40 0 0 'untitled' 2 NO
column price numeric 10 2 1 null 3 NO
column author_id int8 19 0 1 null 4 NO
column meta jsonb 2147483647 0 1 null 5 NO
column shout text 2147483647 0 1 upper(title) 6 NO
key a 1 pair_pkey
key b 2 pair_pkey
imported author id author_id 1 0 book_author_id_fkey author_pkey 7
imported pair a x 1 3 sub_pair pair_pkey 5
imported pair b y z 2 3 sub_pair pair_pkey 5
exported book author_id
crossed x a
crossed y z b
index book_part f author_id A 1 price > 10
index book_part f lower(title) A 2 price > 10
index book_pkey f id A 1 null
index book_title_author_id_key f title A 1 null
index book_title_author_id_key f author_id A 2 null
index book_price t price D 1 null
best id
schema information_schema
schema pg_catalog
schema public
catalog books
types true true 63
target primary false
target secondary true
target preferSecondary true
"""


def test_a_pool_of_connections_works_and_describes_the_schema(pair):
    catalog_schema.create(pair)
    source = pathlib.Path(__file__).parent / "java" / "JDBCClient.java"
    done = subprocess.run(
        ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", ":".join(f"/usr/share/java/{jar}" for jar in JARS), str(source),
         str(pair.primary.port), str(pair.replica.port)],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == EXPECTED
    pair.assert_identical()
