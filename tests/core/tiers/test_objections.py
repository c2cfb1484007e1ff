"""Packs object to memberships that an assessment would start: the customer stays, and the explanation says why."""

import card_pack
import pytest
from card_pack import CORPORATE
from desk import open_desk
from pack_values import plugins
from running import run_job

from guibin import hookimpl
from guibin.packs import Packs
from guibin.tiers.jobs import AssessScheme
from support import knowing

ASKED = []
SENTENCE = "该客户正在诉讼中"


@hookimpl
def objections(proposal):
    """Against whoever is in court, which a first figure of one fen and a half thousand stands for here."""
    ASKED.append(proposal)
    return [SENTENCE] if proposal.details.get("measure.spent_1y") in (50_001, 150_001) else []


@pytest.fixture(scope="session")
def packs():
    """The installed packs and one that objects."""
    lounge = card_pack.plugin_of()
    lounge.objections = objections
    return Packs({**plugins(), "lounge": lounge})


@pytest.fixture
def application(shared_application, packs):
    """The application that other tests share, meanwhile with the pack."""
    app, clock = shared_application
    with knowing(app, packs):
        yield app, clock


@pytest.fixture
async def desk(world):
    ASKED.clear()
    return await open_desk(world, "lounge")


async def spender(desk, number, *, fen, on="2026-01-15"):
    customer = await desk.customer(number, "company")
    await desk.fact(customer, "spending", on, amount=f"{fen / 100:.2f}")
    return customer


async def test_whom_a_pack_objects_to_gets_no_membership_and_is_told_why(desk):
    refused, taken = await spender(desk, "1", fen=50_001), await spender(desk, "2", fen=50_000)

    assessed = await desk.assess(CORPORATE, "2026-03-01")

    assert [(m["move"], m["becomes"], m["customers"]) for m in assessed["moves"]] == [
        ("objected", None, 1),
        ("start", "gold", 1),
    ]
    assert [await desk.tier(customer, CORPORATE) for customer in (refused, taken)] == [None, "gold"]
    sentences = [(await desk.membership(refused, lang))["explanations"][0]["sentence"] for lang in ("zh-CN", "en")]
    assert sentences[0].endswith(f"不作调整：{SENTENCE}。")
    assert sentences[1].endswith(f"Nothing changes: {SENTENCE}.")
    assert (await desk.results(assessed["id"]))[refused]["objection"] == SENTENCE


async def test_whoever_may_not_rise_keeps_the_tier_and_nobody_is_asked_about_who_stays(desk):
    riser, stayer = await spender(desk, "1", fen=20_000), await spender(desk, "2", fen=20_000)
    await desk.assess(CORPORATE, "2026-02-01")
    await desk.fact(riser, "spending", "2026-02-10", amount="1300.01")
    ASKED.clear()

    assessed = await desk.assess(CORPORATE, "2026-03-01")

    assert [(m["move"], m["held"], m["becomes"]) for m in assessed["moves"]] == [
        ("keep", "gold", "gold"),
        ("objected", "gold", "gold"),
    ]
    assert [await desk.tier(customer, CORPORATE) for customer in (riser, stayer)] == ["gold", "gold"]
    assert [(str(p.subject_id), p.action, p.details["kind"], p.details["tier"], p.details["held"]) for p in ASKED] == [
        (riser, "assessment", "upgrade", "diamond", "gold")
    ]


async def test_the_pack_is_asked_when_the_period_assesses_by_itself_and_for_exceptions(desk, clock):
    await spender(desk, "1", fen=1)
    await desk.assess(CORPORATE, "2025-03-01")
    refused = await spender(desk, "2", fen=50_001, on="2025-12-15")

    await run_job(desk.tenant, AssessScheme(CORPORATE, clock().date().replace(month=1, day=1)))
    body = {"customer_id": refused, "scheme": CORPORATE, "tier": "gold", "reason": "知名企业", "kind": "exception"}
    await desk.client.post("/api/v1/applications", json={**body, "expires_on": "2026-06-30"})

    assert await desk.tier(refused, CORPORATE) is None
    assert [(p.action, p.details["kind"]) for p in ASKED if str(p.subject_id) == refused] == [
        ("assessment", "start"),
        ("application", "exception"),
    ]


async def test_a_company_whose_packs_do_not_object_is_not_asked(world):
    desk = await open_desk(world, "cable_tv")
    customer = await desk.customer("1", "group")
    await desk.fact(customer, "terminals", "2026-01-15", value=50)
    ASKED.clear()

    await desk.assess("key_account", "2026-03-01")

    assert (await desk.tier(customer, "key_account"), ASKED) == ("key", [])
