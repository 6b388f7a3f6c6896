"""The command `tandem`, run by tests that look at what it prints and does."""

import subprocess

from conftest import TANDEM


def run(*arguments, **options):
    """Runs the command to its end, however that is."""
    return subprocess.run([TANDEM, *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)


def tandem(*arguments, code=0, environment=None):
    """Runs the command, which has to end with this exit code; what it printed."""
    done = run(*arguments, env=environment)
    assert done.returncode == code, f"exit code {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def url(node):
    """Where the command finds the node."""
    return f"127.0.0.1:{node.port}"
