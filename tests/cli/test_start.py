"""Commands that serve nothing and call nobody do not load what serves and calls: they are there at once."""

import subprocess
import sys

import pytest

from guibin.cli import COMMANDS

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


# What is loaded to answer pages and addresses; `witness` answers by it.
ANSWERS = {"litestar", "uvicorn", "granian"}
ANSWERING = {"up", "serve", "worker", "witness"}


@pytest.mark.parametrize("words", sorted({*COMMANDS} - ANSWERING))
def test_whoever_asks_what_a_command_takes_waits_for_nothing_that_answers_pages(words):
    asked = [sys.executable, "-c", BEGUN.format(words=words.split(), heavy=ANSWERS)]

    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120)

    assert done.stdout.splitlines()[-1].split() == ["loaded:"]


@pytest.mark.parametrize(
    "words",
    [
        *("", "tenant list", "tenant move", "cell list", "rules", "migrate"),
        *("doctor", "timers run", "jobs list", "timetable", "promises"),
    ],
)
def test_a_command_loads_no_more_than_it_needs(words):
    asked = [sys.executable, "-c", BEGUN.format(words=words.split(), heavy=HEAVY)]

    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120)

    assert done.stdout.splitlines()[-1].split() == ["loaded:"]
    assert (words.split() or ["guibin"])[-1] in done.stdout
