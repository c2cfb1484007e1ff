"""The core imports, starts and passes its own tests with no pack installed.

Here a quick proof of that, in a process of its own; the core's whole suite so: `make test-without-packs`.
"""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from pack_values import VALUES

import guibin
import guibin_tenants
from guibin.app.factory import create_app
from guibin.packs import Packs, installed
from support import SERVERS

ROOT = Path(__file__).parents[2]
# This file itself, the hooks, what a pack's value may say, and a day at the desk through HTTP.
PART = (
    "tests/core/test_without_packs.py",
    "tests/core/test_hooks.py",
    "tests/policy/test_packs.py",
    "tests/core/complaints/test_over_http.py",
)
# Of those at least so many tests; a run that finds nothing to run proves nothing.
PASSED_MIN = 60


@pytest.fixture
def in_that_run(request):
    """For tests that mean something only where no pack can be imported."""
    if not request.config.getoption("--without-packs"):
        pytest.skip("run by the test below, in a process without packs")


def modules():
    """Every module of the core and of what is under it."""
    return [
        found.name
        for package in (guibin, guibin_tenants)
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        if not found.name.endswith("__main__")
    ]


@pytest.mark.usefixtures("in_that_run")
def test_every_module_of_the_core_imports_and_the_application_is_built():
    for name in modules():
        importlib.import_module(name)

    assert len(modules()) > 200
    assert Packs(installed()).names == ()
    assert create_app("postgresql://nobody@localhost/none") is not None
    assert {name for name in sys.modules if name.startswith("guibin_") and "." not in name} == {"guibin_tenants"}
    with pytest.raises(ModuleNotFoundError, match="no pack is installed"):
        importlib.import_module("guibin_cable_tv")


def test_the_core_passes_its_tests_without_packs(request, servers):
    if request.config.getoption("--without-packs"):
        pytest.skip("this is that run")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", VALUES))}
    environment[SERVERS] = json.dumps(servers)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--without-packs", "-p", "no:cacheprovider", "-x", "-vv", *PART],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-2_000:]
    assert done.stdout.count("PASSED") >= PASSED_MIN, done.stdout[-3_000:]
    assert "test_every_module_of_the_core_imports_and_the_application_is_built PASSED" in done.stdout
