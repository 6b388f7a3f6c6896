"""JPA's providers over pgjdbc, as Debian packages them, beside a PostgreSQL server."""

import pathlib
import shutil
import subprocess

import psycopg
import pytest

JAVA = pathlib.Path(__file__).parent / "java"
COMMON = ["postgresql", "slf4j-api", "slf4j-nop", "geronimo-jta-1.2-spec"]
JARS = {
    "hibernate": [*COMMON, "hibernate3", "hibernate-core", "hibernate-entitymanager", "hibernate-commons-annotations",
                  "geronimo-jpa_2.0_spec", "dom4j", "antlr", "commons-collections3", "javassist"],
    "eclipselink": [*COMMON, "eclipselink", "eclipselink-jpa-2.1-spec", "org.eclipse.persistence.jpa.jpql", "javax.json"],
}

# As a tool that looks after the schema would make it.
SCHEMA = """
    CREATE TABLE author (id BIGSERIAL PRIMARY KEY, name VARCHAR(80) NOT NULL UNIQUE, born DATE, version INTEGER NOT NULL);
    CREATE TABLE book (id BIGSERIAL PRIMARY KEY, author_id BIGINT NOT NULL REFERENCES author (id), title VARCHAR(255) NOT NULL,
        price NUMERIC(10, 2), form VARCHAR(255), sold BOOLEAN NOT NULL, cover BYTEA, added TIMESTAMP, version INTEGER NOT NULL);
    CREATE TABLE tag (name VARCHAR(20) PRIMARY KEY);
    CREATE TABLE book_tag (book_id BIGINT REFERENCES book (id), tag_name VARCHAR(20) REFERENCES tag (name), PRIMARY KEY (book_id, tag_name));
    CREATE TABLE sale (id BIGINT PRIMARY KEY, copies INTEGER NOT NULL);
    CREATE TABLE numbers (name VARCHAR(255) PRIMARY KEY, next BIGINT);
    INSERT INTO numbers VALUES ('sale', 0)
"""

# docs/CLIENTS.md: providers add foreign keys to tables that are there, which SQLite cannot; and what is declared as INTEGER is
# told as int8, which Hibernate does not take for the column of an `int` where it is to compare them.
NO_FOREIGN_KEYS = {"foreign key PersistenceException 23503": "foreign key IllegalStateException none"}
WIDER = {"valid": "valid Wrong column type in public.author for column version. Found: int8, expected: int4"}
DIFFERENCES = {
    ("hibernate", "create"): NO_FOREIGN_KEYS | WIDER, ("hibernate", "there"): WIDER,
    ("eclipselink", "create"): NO_FOREIGN_KEYS, ("eclipselink", "there"): {},
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A folder of classes for each provider, which brings an interface of its own."""
    folder = tmp_path_factory.mktemp("classes")
    for provider, jars in JARS.items():
        shutil.copytree(JAVA / "META-INF", folder / provider / "META-INF")
        subprocess.run(
            ["javac", "-nowarn", "-proc:none", "-cp", class_path(jars), "-d", folder / provider, JAVA / "JPAClient.java"], check=True)
    return folder


def class_path(jars):
    return ":".join(f"/usr/share/java/{jar}.jar" for jar in jars)


def told(compiled, provider, schema, *addresses):
    # Providers make classes as they run, which Java has to be told to allow.
    done = subprocess.run(
        ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "--add-opens", "java.base/java.lang=ALL-UNNAMED", "-Duser.timezone=UTC",
         "-cp", f"{compiled / provider}:{class_path(JARS[provider])}", "JPAClient", provider, schema, *addresses],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("schema", ["create", "there"])
@pytest.mark.parametrize("provider", JARS)
def test_objects_are_kept_and_found_as_in_postgresql(compiled, pair, postgresql, provider, schema):
    database = f"{provider}_{schema}"
    with postgresql.connect() as connection:
        connection.execute(f"CREATE DATABASE {database}")
    servers = [f"127.0.0.1:{postgresql.port}/{database}", f"127.0.0.1:{pair.primary.port}/{database}"]
    if schema == "there":
        for address in servers:
            with psycopg.connect(f"postgresql://test@{address}", autocommit=True) as connection:
                connection.execute(SCHEMA)
    expected = told(compiled, provider, schema, servers[0])
    differences = DIFFERENCES[provider, schema]
    assert set(differences) <= set(expected)
    both = f"127.0.0.1:{pair.primary.port},127.0.0.1:{pair.replica.port}/{database}"
    pair.wait_level()
    found = told(compiled, provider, schema, servers[1], both)
    assert found[:len(expected)] == [differences.get(line, line) for line in expected]
    assert [line.split()[0] for line in found[len(expected):]] == ["is", "books", "replica", "replica"]
    assert found[len(expected)] == "is replica true" and found[-1].endswith(" 25006")
    pair.assert_identical()
