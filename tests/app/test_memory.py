"""The types of the API, let go of by an allocator that marks every byte: reading past one's own ends the process."""

import os
import subprocess
import sys

LET_GO = """
from typing import get_type_hints

import msgspec

import guibin.timetable
from guibin.app.factory import create_app

create_app("postgresql://nobody@127.0.0.1/none")
kinds, found = [msgspec.Struct], 0
while kinds:
    kind = kinds.pop()
    kinds += kind.__subclasses__()
    try:
        types = get_type_hints(kind, include_extras=True).values()
    except NameError:
        continue  # imported for whoever reads the types only
    for one in types:
        try:
            msgspec.json.Decoder(one)
            found += 1
        except TypeError:
            continue  # never read from JSON
print(found)
"""


def test_no_type_is_read_past_its_end_when_it_is_let_go():
    done = subprocess.run(
        [sys.executable, "-c", LET_GO], capture_output=True, text=True, env=os.environ | {"PYTHONMALLOC": "debug"}
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 1_000
