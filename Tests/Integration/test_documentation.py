"""The documentation's code is code: its articles compile, and so does each step of its tutorial, whose ends run."""

import json
import os
import re
import signal
import subprocess
import urllib.request

import pytest

from conftest import free_port, wait_until
from swift_check import PRODUCTS, ROOT, assert_compiles

CATALOGUE = ROOT / "Sources/TandemTransactions/TandemTransactions.docc"
STEPS = sorted((CATALOGUE / "Resources").glob("?-?-*.swift"))
ARTICLES = sorted(
    path for path in ROOT.glob("Sources/*/*.docc/**/*.md") if re.search("^```swift$", path.read_text(), re.MULTILINE))
# What an article's code may take for granted: modules, and names that the text around it explains.
IMPORTS = {
    "Tandem": ["GRDB", "Tandem"],
    "TandemEmbedded": ["Tandem", "TandemEmbedded", "TandemTransactions"],
    "TandemHummingbird": ["Crypto", "Foundation", "Hummingbird", "TandemHummingbird"],
    "TandemMariaDB": ["TandemMariaDB", "TandemTransactions"],
    "TandemPostgres": ["TandemPostgres", "TandemTransactions"],
    "TandemTransactions": ["Crypto", "Foundation", "Hummingbird", "TandemHummingbird", "TandemMacros", "TandemPostgres"],
}
GIVEN = {
    "TandemHummingbird": "secret: Data, router: Router<BasicRequestContext>",
    "TandemTransactions": "database: Database, secret: Data, router: Router<BasicRequestContext>",
}


@pytest.mark.parametrize("article", ARTICLES, ids=lambda path: path.name)
def test_the_code_of_an_article_compiles(article, tmp_path):
    module = article.relative_to(ROOT / "Sources").parts[0]
    blocks = re.findall(r"^```swift\n(.*?)^```", article.read_text(), re.DOTALL | re.MULTILINE)
    lines = [f"import {name}" for name in IMPORTS[module]]
    for number, block in enumerate(blocks):
        lines.append(f"func example{number}({GIVEN.get(module, '')}) async throws {{\n{block}}}")
    source = tmp_path / "Article.swift"
    source.write_text("\n".join(lines))
    assert_compiles([source])
# After these steps Books.swift does not fit until a step that follows, as their text says.
UNFINISHED = {"3-2-BookService.swift", "3-3-BookController.swift", "3-5-BookController.swift"}


def files_at(step):
    """The newest state of each file of the tutorial when that step has been done."""
    newest = {}
    for path in STEPS[: STEPS.index(step) + 1]:
        newest[path.name.split("-")[2]] = path
    return newest


@pytest.mark.parametrize("step", [path for path in STEPS if "Package" not in path.name], ids=lambda path: path.name)
def test_a_step_of_the_tutorial_compiles_with_what_is_there_then(step):
    files = files_at(step)
    manifest = files.pop("Package.swift").read_text()
    products = set(re.findall(r'\.product\(name: "(\w+)"', manifest))
    imports = set(re.findall(r"^import (\w+)", "\n".join(path.read_text() for path in files.values()), re.MULTILINE))
    # TandemMacros exports TandemTransactions; Foundation comes with Swift.
    assert imports - products <= {"Foundation", "TandemTransactions"}, "its manifest names what it imports"
    if step.name in UNFINISHED:
        files.pop("Books.swift")
    assert_compiles(files.values())


@pytest.mark.parametrize("manifest", [path for path in STEPS if "Package" in path.name], ids=lambda path: path.name)
def test_a_manifest_of_the_tutorial_names_products_that_there_are(manifest, tmp_path):
    (tmp_path / "Package.swift").write_text(manifest.read_text())
    asked, ours = (
        json.loads(subprocess.run(
            ["swift", "package", "--package-path", folder, "dump-package"], capture_output=True, text=True, check=True,
            timeout=120).stdout)
        for folder in (tmp_path, ROOT))
    dependencies = [one["product"] for one in asked["targets"][0]["dependencies"]]
    wanted = {name for name, package, *_ in dependencies if package == "tandem"}
    assert wanted and wanted <= {product["name"] for product in ours["products"]}


def over_pair(program):
    return [PRODUCTS / "TestPair", "tandem", "--", PRODUCTS / program]


def output_of(program):
    result = subprocess.run(over_pair(program), capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_first_part_of_the_tutorial_keeps_nothing_of_what_failed():
    assert output_of("TutorialTransactions").endswith('nothing added: EmptyTitle()\n["Emma", "Persuasion"]\n')


def test_the_second_part_of_the_tutorial_reads_on_the_replica_and_writes_on_the_primary():
    output = output_of("TutorialRouting")
    replica = re.search(r"replica  tandem://tandem@(\S+)/", output).group(1)
    assert f"BookService.reviewed() on {replica}: the replica that reached tandem:" in output
    assert '["Emma", "Persuasion"]\n[1, 1]\n' in output


def test_the_third_part_of_the_tutorial_serves_what_was_written():
    port = free_port()
    process = subprocess.Popen(
        over_pair("TutorialService"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PORT": str(port)})
    try:
        books = f"http://127.0.0.1:{port}/books"
        wait_until(lambda: urllib.request.urlopen(books).status == 200, what="the service answers")
        headers = {"content-type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(books, b'{"title": "Emma"}', headers)) as answer:
            cookie = answer.headers["Set-Cookie"].split(";")[0]
        with urllib.request.urlopen(urllib.request.Request(books, headers={"cookie": cookie})) as answer:
            assert json.load(answer) == [{"id": 1, "title": "Emma"}]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_only_the_macros_need_swift_syntax():
    """It takes minutes to build: whoever does without @Transactional is not to wait for it."""
    package = json.loads(subprocess.run(
        ["swift", "package", "--package-path", ROOT, "dump-package"], capture_output=True, text=True, check=True,
        timeout=120).stdout)
    needs = {target["name"]: target["dependencies"] for target in package["targets"]}

    def packages(target):
        found = set()
        for dependency in needs[target]:
            (kind, [name, *rest]), *_ = dependency.items()
            if kind == "product":
                found.add(rest[0])
            elif name in needs:
                found |= packages(name)
        return found

    with_syntax = {product["name"] for product in package["products"]
                   if any("swift-syntax" in packages(target) for target in product["targets"])}
    assert with_syntax == {"TandemMacros"}
