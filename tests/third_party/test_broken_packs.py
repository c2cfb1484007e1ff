"""Forty broken variants of the example pack: each is refused by name, and every other company is served."""

import sys
from importlib.metadata import EntryPoint

import guibin_airline_lounge
import guibin_marina
import pytest
from variants import REFUSED, made

from guibin.conformance.soundness import loaded, problems_of, sound

NAME = "airline_lounge"


@pytest.fixture
def broken(request, tmp_path, monkeypatch):
    """The plugin of a variant, as an installation would find it."""
    package = f"guibin_broken_{abs(hash(request.param.name))}"
    made(request.param, tmp_path, package)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield loaded(EntryPoint(NAME, package, "guibin.packs"))
    for module in [each for each in sys.modules if each.startswith(package)]:
        del sys.modules[module]


def test_there_are_forty_of_them():
    assert len({one.name for one in REFUSED}) == len(REFUSED) >= 40


def test_the_good_one_is_sound():
    assert problems_of(NAME, guibin_airline_lounge, beside={}) == ()


@pytest.mark.parametrize(
    ("broken", "named"), [(one, one.named) for one in REFUSED], indirect=["broken"], ids=[one.name for one in REFUSED]
)
def test_a_broken_pack_is_refused_by_name_and_the_others_start(broken, named):
    packs = sound({NAME: broken, "marina": guibin_marina})

    told = "\n".join(map(str, packs.aside[NAME]))
    assert packs.names == ("marina",)
    assert [word for word in named if word not in told] == [], told
    assert told.startswith(f"pack {NAME!r}")
