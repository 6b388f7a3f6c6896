"""A pytest plugin: skips what a client's suite asks for that Tandem does not have, by a list that says why.

The list is text: `## reason`, then the tests it holds for, a pattern a line, as `Class::test` or `test`; in patterns `*`
stands for anything. `--run-known` runs them all the same. `--fresh-schema` drops all tables before each test, for
suites that make temporary ones, which Tandem has not: run.py has made ordinary ones of them.
"""

import fnmatch
import pathlib

import psycopg
import pytest


def pytest_addoption(parser):
    parser.addoption("--known", help="the list of what is skipped, and why")
    parser.addoption("--run-known", action="store_true", help="run what is in the list, too")
    parser.addoption("--fresh-schema", help="drop all tables of this database, by its connection string, before each test")


def read(path):
    """The patterns of a list with their reasons."""
    known, reason = [], None
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith("## "):
            reason = line[3:].strip()
        elif line.strip() and not line.startswith("#"):
            known.append((line.strip(), reason))
    return known


def reason_for(name, known):
    """Why the test of this name (`Class::test`) is in the list; nil if it is not."""
    for pattern, reason in known:
        literal = pattern.replace("[", "[[]")
        if fnmatch.fnmatchcase(name, literal) or fnmatch.fnmatchcase(name.split("::")[-1], literal):
            return reason
    return None


def pytest_collection_modifyitems(config, items):
    if not config.getoption("known") or config.getoption("run_known"):
        return
    known = read(config.getoption("known"))
    for item in items:
        # SQLAlchemy adds the driver to a class's name.
        name = "::".join(part.split("_postgresql+")[0] for part in item.nodeid.split("::")[1:])
        reason = reason_for(name, known)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_runtest_setup(item):
    if address := item.config.getoption("fresh_schema"):
        with psycopg.connect(address, autocommit=True) as connection:
            for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
                connection.execute(f'DROP TABLE IF EXISTS "{name}"')
