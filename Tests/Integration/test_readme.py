"""What the README shows is what happens."""

import pathlib
import re
import subprocess
import sys

from conftest import TANDEM

README = pathlib.Path(__file__).parents[2] / "README.md"


def shown():
    """The commands after a `$` and the lines they print, in their order."""
    blocks = re.findall(r"```\n(\$ .*?)```", README.read_text(), re.DOTALL)
    for part in re.split(r"^\$ ", "".join(blocks), flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def plain(text):
    """Without what is another each time."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    return [line.split() for line in text.splitlines() if line.strip()]


def test_each_command_prints_what_is_shown(pair):
    ports = {"7432": str(pair.primary.port), "7433": str(pair.replica.port)}
    steps = list(shown())
    assert len(steps) >= 6
    for command, output in steps:
        pair.wait_level()  # What is acknowledged is shown by the replica a moment later.
        words = command.replace("tandem status", "tandem status --url 127.0.0.1:7432")
        for said, port in ports.items():
            words = words.replace(said, port)
        words = words.replace(".build/release/tandem", TANDEM).replace("tandem-data/replica", str(pair.replica.data))
        result = subprocess.run(
            words, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        printed = result.stdout
        for said, port in ports.items():
            printed = printed.replace(f"127.0.0.1:{port}", f"127.0.0.1:{said}")
        assert plain(printed) == plain(output), command


def test_the_tour_reads_from_the_replica_what_the_primary_has_acknowledged(pair):
    text = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
    text = text.replace("7432", str(pair.primary.port)).replace("7433", str(pair.replica.port))
    result = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
    assert result.stdout == "{'name': 'GRINNING FACE'}\n", result.stderr
