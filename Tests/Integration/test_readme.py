"""What the README shows is what happens."""

import pathlib
import re
import subprocess
import sys

README = pathlib.Path(__file__).parents[2] / "README.md"


def test_the_tour_reads_from_the_replica_what_the_primary_has_acknowledged(pair):
    text = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
    text = text.replace("7432", str(pair.primary.port)).replace("7433", str(pair.replica.port))
    result = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
    assert result.stdout == "{'name': 'GRINNING FACE'}\n", result.stderr


def test_every_link_in_the_documents_leads_to_a_file():
    root = README.parent
    documents = [README, root / "CONTRIBUTING.md", root / "CHANGELOG.md", *root.glob("docs/*.md"), *root.glob("Examples/*/README.md")]
    broken = [
        f"{document.name}: {link}" for document in documents
        for link in re.findall(r"\]\((?!\w+:)([^)#\s]+)", document.read_text()) if not (document.parent / link).exists()]
    assert not broken
    named = set(re.findall(r"docs/[A-Z-]+\.md", README.read_text()))
    assert {f"docs/{path.name}" for path in root.glob("docs/*.md")} <= named, "the README names each document"
