"""A short run of `make chaos`: nodes on hosts of their own, everything that goes wrong, and the books checked."""

import json
import os
import pathlib
import subprocess
import sys

CHAOS = pathlib.Path(__file__).parent.parent / "Chaos" / "chaos.py"


def test_whatever_goes_wrong_nothing_acknowledged_is_lost_doubled_or_shown_too_early(tmp_path, seed):
    done = subprocess.run(
        [sys.executable, str(CHAOS), "--seconds", "60", "--seed", str(seed), "--keep", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=400, env=os.environ)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    result = json.loads(done.stdout[done.stdout.index("{"):])
    assert result["acknowledged"] > 100 and result["faults_total"] > 5
