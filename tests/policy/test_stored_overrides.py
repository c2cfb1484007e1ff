"""What companies wrote with earlier versions of the service is read as it was meant.

The rows under `stored` were written when every section stood in `Overrides` by itself: a company's whole policy in two
industries, one that says "none" of each section without names, and one that has chosen among schemes.
"""

import json
from pathlib import Path
from typing import get_type_hints

import msgspec
import pytest
from pack_values import all_packs

from guibin.policy.merging import rules_of
from guibin.policy.packs import Overrides, Sections, merge
from guibin.policy.validation import validate
from guibin.regulations.core import CORE

STORED = Path(__file__).parent / "stored"
WITHOUT_NAMES = ("entitlements", "cadences", "relationships", "head_starts")
# As those, in rows written since.
SINCE = ("invitations",)


def lost(before, after, path=""):
    """Where what was stored is not said again; what could not be said then may stand beside it."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [at for key, value in before.items() for at in lost(value, after.get(key), f"{path}.{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [at for number, value in enumerate(before) for at in lost(value, after[number], f"{path}.{number}")]
    return [] if before == after else [path]


def stored(name):
    return (STORED / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", ["of_hotel", "of_retail", "empty", "schemes_banking"])
def test_a_row_written_earlier_says_the_same_when_it_is_written_again(name):
    overrides = msgspec.json.decode(stored(name), type=Overrides)

    assert msgspec.json.decode(msgspec.json.encode(overrides), type=Overrides) == overrides
    assert lost(json.loads(stored(name)), json.loads(msgspec.json.encode(overrides))) == []


@pytest.mark.parametrize("name", ["hotel", "retail"])
def test_a_row_that_says_everything_of_a_pack_gives_those_sections(name):
    overrides = msgspec.json.decode(stored(f"of_{name}"), type=Overrides)

    policy = merge([], CORE, overrides, version=1)

    assert policy.schemes == overrides.schemes != ()
    assert policy.complaints == (overrides.complaints or CORE.complaints)
    assert {part: getattr(policy, part) for part in WITHOUT_NAMES} == {
        part: getattr(overrides, part) for part in WITHOUT_NAMES
    }
    assert policy.service_items == (*CORE.service_items, *overrides.service_items)


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


def test_what_a_company_may_write_is_what_a_pack_says_of_the_same_section():
    sections, own = get_type_hints(Sections), get_type_hints(Overrides)
    # Where its own stands alone, to say none is not to say nothing.
    alone = {name: sections[name] | None for name in (*WITHOUT_NAMES, *SINCE)}

    of_sections = {name: kind for name, kind in own.items() if name in sections}
    assert of_sections == {name: sections[name] for name in of_sections} | alone
    assert own.keys() - sections.keys() == {"enabled_schemes", "switched_off"}
    assert [name for name in (*WITHOUT_NAMES, *SINCE) if not rules_of(Sections)[name].own_alone] == []
