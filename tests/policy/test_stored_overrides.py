"""What companies wrote with earlier versions of the service is read as it was meant.

The rows under `stored` were written when every section stood in `Overrides` by itself: a company's whole policy in two
industries, one that says "none" of each section without names, and one that has chosen among schemes.
"""

import json
from pathlib import Path

import msgspec
import pytest
from pack_values import all_packs

from guibin.policy.packs import Overrides, merge
from guibin.policy.validation import validate
from guibin.regulations.core import CORE

STORED = Path(__file__).parent / "stored"
WITHOUT_NAMES = ("entitlements", "cadences", "relationships", "head_starts")


def stored(name):
    return (STORED / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", ["of_hotel", "of_retail", "empty", "schemes_banking"])
def test_a_row_written_earlier_says_the_same_when_it_is_written_again(name):
    overrides = msgspec.json.decode(stored(name), type=Overrides)

    assert json.loads(msgspec.json.encode(overrides)) == json.loads(stored(name))


@pytest.mark.parametrize("name", ["hotel", "retail"])
def test_a_row_that_says_everything_of_a_pack_gives_that_packs_sections(name):
    pack = all_packs().value(name)
    overrides = msgspec.json.decode(stored(f"of_{name}"), type=Overrides)

    policy = merge([], CORE, overrides, version=1)

    assert policy.schemes == pack.schemes
    assert policy.complaints == (pack.complaints or CORE.complaints)
    assert {part: getattr(policy, part) for part in WITHOUT_NAMES} == {
        part: getattr(pack, part) for part in WITHOUT_NAMES
    }
    assert {item.name for item in policy.service_items} == {i.name for i in (*CORE.service_items, *pack.service_items)}


def test_none_of_a_section_is_not_what_the_packs_say():
    pack = all_packs().value("retail")
    none = msgspec.json.decode(stored("empty"), type=Overrides)

    policy = merge([pack], CORE, none, version=1)

    assert [part for part in WITHOUT_NAMES if getattr(pack, part)] != []
    assert {part: getattr(policy, part) for part in WITHOUT_NAMES} == dict.fromkeys(WITHOUT_NAMES, ())


def test_a_choice_among_schemes_still_leaves_the_others_out():
    pack = all_packs().value("banking")
    chosen = msgspec.json.decode(stored("schemes_banking"), type=Overrides)

    policy = merge([pack], CORE, chosen, version=1)

    assert tuple(scheme.name for scheme in policy.schemes) == chosen.enabled_schemes == (pack.schemes[0].name,)
    assert validate(policy) == ()


def test_what_only_a_pack_may_say_is_refused_of_a_company():
    with pytest.raises(msgspec.ValidationError, match="unknown field `visits`"):
        msgspec.json.decode(b'{"visits": {}}', type=Overrides)
