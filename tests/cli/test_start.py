"""Commands that serve nothing and call nobody do not load what serves and calls: they are there at once."""

import subprocess
import sys

import pytest

HEAVY = {"litestar", "httpx", "openpyxl", "uvicorn", "granian"}
BEGUN = """
import sys
from guibin.cli import main
sys.argv = ["guibin", *{words!r}, "--help"]
try:
    main()
finally:
    print("loaded:", *({heavy!r} & set(sys.modules)))
"""


@pytest.mark.parametrize("words", ["tenant list", "tenant move", "cell list", "rules", "migrate"])
def test_a_command_loads_no_more_than_it_needs(words):
    asked = [sys.executable, "-c", BEGUN.format(words=words.split(), heavy=HEAVY)]

    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120)

    assert done.stdout.splitlines()[-1].split() == ["loaded:"]
    assert words.split()[-1] in done.stdout
