"""Adminer, a database browser of the web, gone through as its user goes through it, over PHP's own server."""

import html
import http.cookiejar
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

import conftest

ADMINER = "/usr/share/adminer"
SCHEMA = """
    CREATE TABLE author (id SERIAL PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE);
    CREATE TABLE book (id SERIAL PRIMARY KEY, title TEXT NOT NULL DEFAULT 'untitled', price NUMERIC(10, 2), sold BOOLEAN,
        made TIMESTAMPTZ DEFAULT now(), author_id INT REFERENCES author (id) ON DELETE CASCADE);
    CREATE INDEX book_title ON book (title);
    CREATE VIEW cheap AS SELECT id, title FROM book WHERE price < 5;
    INSERT INTO author (name) VALUES ('Austen'), ('Kafka');
    INSERT INTO book (title, price, sold, author_id) VALUES ('Emma', 7.25, true, 1), ('The Trial', 3, false, 2)
"""


class Browser:
    """Fetches Adminer's pages and sends its forms, with cookies and the token that its forms carry."""

    def __init__(self, port, node):
        self.address = f"http://127.0.0.1:{port}/adminer.php"
        self.server = f"127.0.0.1:{node.port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.fetch("", {"auth[driver]": "pgsql", "auth[server]": self.server, "auth[username]": "test",
                        "auth[password]": "any", "auth[db]": "test"})

    def fetch(self, query, form=None):
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        with self.opener.open(self.address + query, data, timeout=30) as response:
            page = response.read().decode()
        # Adminer shows what the server answers; a form alone is no error.
        errors = [html.unescape(re.sub("<[^>]+>", "", error)).strip()
                  for error in re.findall(r"<(?:p|div|pre) class=['\"]error['\"]>(.*?)(?:\n|</)", page, re.S)]
        assert not errors and "Fatal error" not in page and "ERROR:" not in page, (query, errors)
        return page

    def page(self, **query):
        return self.fetch("?" + urllib.parse.urlencode(
            {"pgsql": self.server, "username": "test", "db": "test", "ns": "public"} | query))

    def send(self, form, **query):
        """Sends a form of the page of this query."""
        token = re.search(r"name=['\"]token['\"] value=['\"]([^'\"]+)", self.page(**query)).group(1)
        return self.fetch("?" + urllib.parse.urlencode(
            {"pgsql": self.server, "username": "test", "db": "test", "ns": "public"} | query), form | {"token": token})


@pytest.fixture(scope="module")
def browser(shared_pair):
    port = conftest.free_port()
    server = subprocess.Popen(
        ["php", "-S", f"127.0.0.1:{port}", "-t", ADMINER], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def answers():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/adminer.php", timeout=10) as response:
                    return response.status == 200
            except urllib.error.URLError as error:
                raise OSError(error)
        conftest.wait_until(answers, 30, "PHP's server")
        browser = Browser(port, shared_pair.primary)
        browser.send({"query": SCHEMA, "limit": ""}, sql="")
        yield browser
    finally:
        server.terminate()
        server.wait()


def test_its_pages_show_the_schema(browser):
    page = browser.page()
    assert all(f"table={name}" in page for name in ("author", "book")) and "view=cheap" in page
    page = browser.page(table="book")
    for piece in ("bigint", "numeric", "boolean", "timestamptz", "untitled", "book_title",
                  "PRIMARY", "CASCADE"):
        assert piece in page, piece
    assert "SELECT id, title FROM book" in html.unescape(browser.page(view="cheap"))
    for query in ({"indexes": "book"}, {"create": "book"}, {"foreign": "book"}, {"schema": ""}, {"dump": ""},
                  {"processlist": ""}, {"variables": ""}, {"table": "cheap"}, {"trigger": "book"}, {"import": ""}):
        browser.page(**query)


def test_it_shows_and_filters_rows(browser):
    page = browser.page(select="book")
    assert "Emma" in page and "The Trial" in page
    page = browser.page(**{"select": "book", "where[0][col]": "title", "where[0][op]": "=", "where[0][val]": "Emma"})
    assert "Emma" in page and "The Trial" not in page
    page = browser.page(**{"select": "book", "columns[0][fun]": "count", "columns[0][col]": "id", "order[0]": "author_id"})
    assert "count" in page.lower()
    assert "The Trial" in browser.page(select="cheap")


def test_it_inserts_edits_and_deletes_a_row(browser, shared_pair):
    query = shared_pair.primary.query
    browser.send({"fields[title]": "Persuasion", "fields[price]": "5.5", "fields[author_id]": "1", "function[made]": "now",
                  "fields[made]": "", "insert": "1"}, edit="book")
    [(number, price, made)] = query("SELECT id, price, made FROM book WHERE title = 'Persuasion'")
    assert float(price) == 5.5 and made
    where = {"where[id]": str(number)}
    assert "Persuasion" in browser.page(edit="book", **where)
    browser.send({"fields[title]": "Persuasion!", "fields[price]": "6", "fields[author_id]": "1"}, edit="book", **where)
    assert query(f"SELECT title, author_id FROM book WHERE id = {number}") == [("Persuasion!", 1)]
    browser.send({"delete": "1"}, edit="book", **where)
    assert query(f"SELECT count(*) FROM book WHERE id = {number}") == [(0,)]


def test_it_exports_what_makes_the_tables_again(browser):
    dump = browser.send(
        {"output": "text", "format": "sql", "ns_style": "", "table_style": "DROP+CREATE", "data_style": "INSERT",
         "tables[]": "book", "data[]": "book"}, dump="")
    assert 'CREATE TABLE "public"."book"' in dump and "'Emma'" in dump and "'The Trial'" in dump
    csv = browser.send({"output": "text", "format": "csv", "data_style": "INSERT", "data[]": "author"}, dump="")
    assert "1,Austen\n2,Kafka" in csv.replace("\r\n", "\n")
