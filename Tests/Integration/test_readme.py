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
