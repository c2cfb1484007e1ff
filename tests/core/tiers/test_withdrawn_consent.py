"""Consent withdrawn over HTTP ends the membership in the same moment."""

import pytest
from desk import open_desk


@pytest.mark.rule("S02-2")
@pytest.mark.rule("S13-2")
async def test_withdrawing_consent_ends_the_membership_at_once_and_no_other(world):
    desk = await open_desk(world, "cable_tv")
    leaving = await desk.customer("1", "group")
    staying = await desk.customer("2", "group")
    for person in (leaving, staying):
        await desk.consent(person, "key_account")
        await desk.consent(person, "newsletter")
        await desk.fact(person, "spending", "2026-02-01", amount="10000.00")
    await desk.assess("key_account", "2026-03-01")
    assert [await desk.tier(person, "key_account") for person in (leaving, staying)] == ["key", "key"]

    await desk.consent(staying, "newsletter", "withdrawn")
    await desk.consent(leaving, "key_account", "withdrawn")

    assert [await desk.tier(person, "key_account") for person in (leaving, staying)] == [None, "key"]
    history = (await desk.membership(leaving))["history"]
    assert [(one["ends_on"], one["ended_because"]) for one in history] == [("2026-03-02", "consent withdrawn")]
