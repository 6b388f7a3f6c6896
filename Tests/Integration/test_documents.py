"""What the documents point at is there: files, headings, and the code that the architecture names."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
README = ROOT / "README.md"
ARCHITECTURE = (ROOT / "docs/ARCHITECTURE.md").read_text()
DOCUMENTS = [
    README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("Benchmarks/*.md")), *sorted(ROOT.glob("Examples/*/README.md"))]
# What a path in a document begins with, so that it is told from other words with a slash.
FOLDERS = r"(?:docs|Sources|Tests|Benchmarks|Scripts|Examples|\.ci)/"


def prose(document):
    """The text without its blocks of code."""
    return re.sub(r"^```.*?^```", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(document):
    """How links name the headings, as GitHub makes it of them."""
    for heading in re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(document):
    broken = []
    for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", prose(document)):
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or anchor and anchor not in anchors(target):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_is_named_is_there(document):
    # Not those with a pattern or a placeholder, such as Tests/Clients/skipped/SUITE.txt.
    named = re.findall(rf"(?<![\w./]){FOLDERS}[\w.+/-]*\w(?![*…])", prose(document))
    assert not [path for path in named if not (ROOT / path).exists() and not re.search(r"\b[A-Z]{3,}\.txt", path)]


def test_the_readme_names_each_document():
    named = set(re.findall(r"docs/[A-Z-]+\.md", README.read_text()))
    assert {f"docs/{path.name}" for path in ROOT.glob("docs/*.md")} <= named


def rows(title):
    """The first two cells of each row of the table that follows that sentence in the architecture."""
    table = ARCHITECTURE.partition(title)[2].partition("\n\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines()[2:]]


def test_the_architecture_has_each_room():
    rooms = {name for cell, _ in rows("Each room is a SwiftPM target") for name in re.findall(r"`(\w+)`", cell)}
    # The command's target has the name of its program beside it.
    assert rooms - {"tandem"} == {path.name for path in (ROOT / "Sources").iterdir()}


def test_the_architecture_has_each_folder_of_the_larger_rooms():
    named = {}
    for room, folders in rows("The folders of the larger rooms"):
        name = room.strip("`") or name
        named.setdefault(name, []).extend(re.findall(r"`(\w+)/`", folders))
    assert len(named) >= 7
    for room, folders in named.items():
        inside = (path for path in (ROOT / "Sources" / room).iterdir() if path.is_dir())
        assert sorted(folders) == sorted(path.name for path in inside if path.suffix != ".docc"), room


def test_the_types_that_the_architecture_names_are_in_the_sources():
    sources = "\n".join(path.read_text() for path in (ROOT / "Sources").rglob("*.swift"))
    declared = set(re.findall(r"\b(?:struct|class|enum|actor|protocol|typealias) (\w+)", sources))
    # With a small letter in it, as SQLite's constants have none; of `A.b` and `A+B` that is A.
    named = set(re.findall(r"`([A-Z]\w*[a-z]\w*)(?:[.+]\w+)?(?:\(\))?`", ARCHITECTURE))
    named -= {path.name for path in (ROOT / "Sources").iterdir()} | {path.name for path in ROOT.iterdir()}
    assert len(named) > 40 and named <= declared, named - declared
