"""What the compiler says of sources that use the modules which were built for the tests."""

import functools
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).parents[2]
PRODUCTS = ROOT / ".build/release"


@functools.cache
def module_arguments():
    result = subprocess.run([ROOT / "Scripts/module-arguments"], capture_output=True, text=True, check=True)
    plugin = f"{PRODUCTS}/TandemMacrosPlugin-tool#TandemMacrosPlugin"
    return [*result.stdout.splitlines(), "-load-plugin-executable", plugin]


def assert_compiles(files):
    result = subprocess.run(
        ["swiftc", "-typecheck", "-parse-as-library", "-swift-version", "6", *module_arguments(), *map(str, files)],
        capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
