"""The scripts of the pages are scripts: one fault of spelling, and nothing on any page answers a key."""

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[2] / "assets/src").glob("*.js"))
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="no node to read scripts with")
@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.name)
def test_a_script_can_be_read(file):
    done = subprocess.run([str(NODE), "--check", str(file)], capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 0, done.stderr
