"""A company's own policy is played, too: what it changes of the regulations' promises is told, and what happens instead."""

import msgspec
import pytest
from msgspec.structs import replace
from pack_values import all_packs

from guibin.conformance.checks import promised, promises, stories_for
from guibin.context import Company
from guibin.policy.clocks import Hours
from guibin.policy.packs import Overrides
from guibin_tenants.refusals import Invalid
from guibin_tenants.tables import new_id


def story(name, packs=("cable_tv",)):
    return next(one for one in stories_for(packs, all_packs()) if one.name == name)


def levels_of(theatre, hours):
    """The company's own levels of complaints: so many hours for the first."""
    first, *others = theatre.packs.value("cable_tv").complaints.levels
    assert first.name == "1"
    return [replace(first, resolve_within=Hours(hours)), *others]


def own(theatre, hours):
    whole = replace(theatre.packs.value("cable_tv").complaints, levels=tuple(levels_of(theatre, hours)))
    return msgspec.convert({"complaints": msgspec.to_builtins(whole)}, Overrides)


async def test_a_longer_time_limit_changes_the_promise_of_five_hours(theatre):
    found = await promised(story("level_1"), theatre, own(theatre, 6))

    assert "S07-23" in found.rules
    assert "level_1, then" in found.instead
    assert "it is due at 2026-03-02 16:00:00" in found.instead


async def test_the_same_figure_said_again_changes_nothing(theatre):
    assert (await promised(story("level_1"), theatre, own(theatre, 5))).instead == ""


async def test_what_hangs_on_other_parts_stays_promised(theatre):
    assert (await promised(story("level_2"), theatre, own(theatre, 6))).instead == ""


async def test_a_policy_that_contradicts_itself_is_refused_before_anything_is_played(theatre):
    company = Company(new_id(), "own", ("cable_tv",), "Asia/Shanghai", "zh-CN", False)
    overrides = msgspec.convert({"enabled_schemes": ["nothing"]}, Overrides)

    with pytest.raises(Invalid) as refused:
        await anext(promises(theatre.packs, company, overrides))

    assert refused.value.fields[0].field.startswith("enabled_schemes")


def test_stories_are_told_in_a_company_of_all_its_packs():
    assert {one.packs for one in stories_for(("cable_tv", "hotel"), all_packs())} == {("cable_tv", "hotel")}
    assert {one.packs for one in stories_for((), all_packs())} == {()}
