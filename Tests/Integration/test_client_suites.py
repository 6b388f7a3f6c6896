"""SQLAlchemy's own compliance suite; `make test-clients` runs those of other clients, too."""

import pathlib
import re
import subprocess
import sys

CLIENTS = pathlib.Path(__file__).resolve().parent.parent / "Clients"


def test_sqlalchemys_compliance_suite_passes(pair):
    sys.path.insert(0, str(CLIENTS))
    import run
    arguments, environment = run.sqlalchemy_command(pair.primary)
    result = subprocess.run(arguments, cwd=CLIENTS / "sqlalchemy", env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
    # Skipping everything is no success.
    assert int(re.search(r"(\d+) passed", result.stdout).group(1)) > 800
    pair.assert_identical()
