"""What rooms above give to rooms below: missed aloud, and there once the timetable is imported."""

import subprocess
import sys

import pytest

from guibin_tenants.above import FromAbove, NothingGiven

_PLACES = """
import gc
from guibin_tenants.above import FromAbove
{imported}
for place in sorted((each for each in gc.get_objects() if isinstance(each, FromAbove)), key=lambda each: each.what):
    print(place.what, bool(place._given))
"""


def test_what_nobody_gave_is_missed_aloud() -> None:
    place: FromAbove[int] = FromAbove("the answer")

    with pytest.raises(NothingGiven, match=r"^nothing was given for the answer: import guibin\.timetable first$"):
        place()
    assert place.give(42) == 42
    assert place() == 42


def test_the_timetable_fills_every_place() -> None:
    below = "import guibin.policies.queries, guibin.records.queries, guibin.repeats.actions"

    assert _places(below) == {
        "companies' scripts": False,
        "customers to be seen": False,
        "the indicators of outlets": False,
        "the visit of a contact": False,
    }
    assert _places("import guibin.timetable") == dict.fromkeys(
        [
            *_places(below),
            "how complaints are judged anew",
            "how contacts are counted anew",
            "how people want their lists",
            "how redemptions are counted anew",
            "notices by mail and chat",
            "proofs that were shown",
            "regular invitations",
            "regular invitations, row by row",
            "the timetable",
            "what a reversal undoes",
            "what a use brings about",
            "what members of staff are qualified for",
            "who must know of a new policy",
        ],
        True,
    )


def _places(imported: str) -> dict[str, bool]:
    run = subprocess.run(
        [sys.executable, "-P", "-c", _PLACES.format(imported=imported)], check=True, capture_output=True, text=True
    )
    return {what: given == "True" for what, _, given in (line.rpartition(" ") for line in run.stdout.splitlines())}
