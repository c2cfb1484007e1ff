"""The core imports, starts and passes its own tests with no pack installed."""

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from pack_values import VALUES

import guibin
import guibin_tenants

ROOT = Path(__file__).parents[2]
# A bounded part of the suite that touches most slices; the whole: `make test PYTEST_ARGS="--without-packs tests"`.
PART = ("tests/core/general", "tests/policy", "tests/core/test_hooks.py")
CUT_OFF = """
import sys
from importlib.metadata import EntryPoints
from guibin import packs
packs.entry_points = lambda **_: EntryPoints()
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("guibin_") and not name.startswith("guibin_tenants"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import importlib
for name in {modules!r}:
    importlib.import_module(name)
from guibin.app.factory import create_app
create_app("postgresql://nobody@localhost/none")
print(*sorted(name for name in sys.modules if name.startswith("guibin_") and "." not in name))
"""


def modules():
    """Every module of the core and of what is under it."""
    return [
        found.name
        for package in (guibin, guibin_tenants)
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        if not found.name.endswith("__main__")
    ]


def test_every_module_of_the_core_imports_and_the_application_is_built():
    done = subprocess.run(
        [sys.executable, "-c", CUT_OFF.format(modules=modules())],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout.split()) == (0, ["guibin_tenants"]), done.stderr[-2_000:]
    assert len(modules()) > 200


def test_the_cores_suite_passes(request):
    if request.config.getoption("--without-packs"):
        pytest.skip("this is that run")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", VALUES))}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--without-packs", "-p", "no:cacheprovider", "-x", *PART],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-2_000:]
    assert importlib.import_module("guibin")
    assert " passed" in done.stdout
