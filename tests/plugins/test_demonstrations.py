"""The packs' demonstration companies: made once, people sign in, customers hold tiers, a second start shows the same."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from guibin.demonstration import companies as demonstration
from guibin.packs import Packs, installed

SLUGS = {
    "banking": "hetian-bank",
    "cable_tv": "sunrise-cable",
    "hotel": "hongqi-hotel",
    "retail": "yu-mall",
    "telecom": "xiang-mobile",
}


@pytest.mark.parametrize("pack", SLUGS)
async def test_a_packs_company_is_filled_and_its_people_sign_in(world, pack):
    company = world.packs.hooks_of((pack,)).demonstration()
    small = replace(company, slug=f"{company.slug}-small", customers=24)

    access = await demonstration.make(small, pack, owner_url=world.owner_url, app_url=world.app_url, packs=world.packs)

    client = world.client(access.key)
    found = (await client.get("/api/v1/customers", params={"limit": "100"})).json()["items"]
    # Two of the data, one about to be late.
    complaints = (await client.get("/api/v1/complaints", params={"limit": "100"})).json()["items"]
    running = [one for one in complaints if one["state"] != "closed"]
    signed_in = await world.client().post(
        "/api/v1/sessions", json={"company": small.slug, "login": "lead1", "password": demonstration.PASSWORD}
    )
    # Beside those of the data, two employees and two partners, and who fills in the form of a scheme.
    asking = {"banking": 2, "retail": 1, "telecom": 1}.get(pack, 0)
    assert (company.slug, len(found), len(running), signed_in.status_code) == (SLUGS[pack], 28 + asking, 2 + 1 + 1, 201)
    asked_for = (await client.get("/api/v1/applications", params={"limit": "100"})).json()["items"]
    named = Counter(
        (one["scheme"], one["outcome"]) for one in asked_for if one["scheme"] in ("key_employee", "key_partner")
    )
    assert named == {
        (scheme, outcome): 1 for scheme in ("key_employee", "key_partner") for outcome in ("approved", None)
    }
    assert len([one for one in asked_for if one["answers"] and one["outcome"] is None]) == asking
    receptions = (await client.get("/api/v1/receptions")).json()["items"]
    asked = (await client.get("/api/v1/service-requests")).json()["items"]
    cards = (await client.get("/api/v1/cards")).json()["items"]
    # What the data announces, beside one that was, one today and one that departments prepare.
    expected = Counter({"noticed": 2, "filed": 1}) + Counter({"collected": len(company.visits)})
    assert Counter(one["state"] for one in receptions) == expected
    # Every company has services in steps, its pack's or the general regulation's.
    assert asked != []
    assert {card["state"] for card in cards} <= {"active", "lost"}
    if company.assess:
        assessed = (await client.get("/api/v1/assessments")).json()["items"]
        assert Counter(one["scheme"] for one in assessed) == Counter(company.assess)


@pytest.mark.parametrize("customers", [1, 13, 40])
async def test_a_company_of_any_size_is_filled(world, customers):
    company = world.packs.hooks_of(("cable_tv",)).demonstration()
    small = replace(company, slug=f"{company.slug}-of-{customers}", customers=customers)

    access = await demonstration.make(
        small, "cable_tv", owner_url=world.owner_url, app_url=world.app_url, packs=world.packs
    )

    found = (await world.client(access.key).get("/api/v1/customers", params={"limit": "100"})).json()["items"]
    # Beside those of the data, two employees and two partners.
    assert len(found) == customers + 4


@pytest.mark.parametrize("pack", SLUGS)
async def test_a_packs_company_looks_as_if_people_had_worked_there(world, pack):
    company = world.packs.hooks_of((pack,)).demonstration()
    small = replace(company, slug=f"{company.slug}-lived-in", customers=72)

    access = await demonstration.make(small, pack, owner_url=world.owner_url, app_url=world.app_url, packs=world.packs)

    client = world.client(access.key)

    async def listed(path, **asked):
        return (await client.get(f"/api/v1/{path}", params={"limit": "200"} | asked)).json()["items"]

    closed = await listed("complaints", state="closed")
    answered = {one["score"] < 70 for one in await listed("survey-answers")}
    customers = await listed("customers")
    held = [(await client.get(f"/api/v1/customers/{one['id']}/memberships")).json() for one in customers]
    ordered = [(await client.get(f"/api/v1/customers/{one['id']}/orders")).json() for one in customers[:20]]
    filed = [await listed(f"complaints/{one['id']}/files") for one in await listed("complaints")]
    assert (len(closed), answered) == (10, {True, False})
    assert len([each for each in held if each]) > small.customers // 3
    assert await listed("redemptions") != []
    assert any(each["items"] if isinstance(each, dict) else each for each in ordered)
    assert any(filed)
    assert [one["preferences"] for one in customers if one["preferences"]] != []
    # An emergency access was used, by somebody who did not see the customer, and its review is owed.
    (used,) = await listed("emergency-accesses")
    auditor, known = world.client(), {"company": small.slug, "login": "auditor", "password": demonstration.PASSWORD}
    assert (await auditor.post("/api/v1/sessions", json=known)).status_code == 201
    entries = await auditor.get("/api/v1/audit-entries", params={"emergency_id": used["id"]})
    assert entries.status_code == 200, entries.text
    looks = entries.json()["items"]
    assert (used["state"], used["review"], used["looks"]) == ("ended", "owed", len(looks))
    assert {look["actor_name"] for look in looks} == {used["staff_name"]}
    assert {tuple(look["customer_ids"]) for look in looks} == {(used["customer_id"],)}


def test_every_pack_s_company_has_a_name_of_its_own():
    packs = Packs(installed())
    companies = [packs.hooks_of((name,)).demonstration() for name in packs.names]
    slugs = [company.slug for company in companies if company is not None]

    assert len(set(slugs)) == len(slugs)
    assert set(SLUGS.values()) <= set(slugs)


@pytest.mark.parametrize("pack", SLUGS)
async def test_a_packs_company_is_watched_over_also_when_it_is_filled_by_night(world, pack, monkeypatch):
    company = world.packs.hooks_of((pack,)).demonstration()
    small = replace(company, slug=f"{company.slug}-by-night", customers=72)
    night = datetime(2026, 3, 3, 15, 30, tzinfo=UTC)
    monkeypatch.setattr(demonstration, "real_clock", lambda: night)
    world.clock.set(night)

    access = await demonstration.make(small, pack, owner_url=world.owner_url, app_url=world.app_url, packs=world.packs)

    client = world.client(access.key)

    async def listed(path):
        return (await client.get(f"/api/v1/{path}", params={"limit": "200"})).json()["items"]

    policy = (await client.get("/api/v1/policy")).json()
    drawn = {one["name"] for one in await listed("inspections")}
    partners = any(metric["partners"] for scheme in policy["schemes"] for metric in scheme["metrics"])
    assert drawn <= {one["name"] for one in policy["inspections"]}
    assert bool(drawn) == bool(policy["inspections"])
    assert bool(await listed("inspection-findings")) == bool(policy["inspections"])
    assert bool(await listed("merchants")) == partners
    assert bool(await listed("materials-given")) == bool(policy["materials"])
    reviewed = [one for one in await listed("approvals") if one["subject"] == "plan_review"]
    assert bool(reviewed) == bool(policy["plan_reviews"])
    assert len([one for one in await listed("duty-calls") if one["state"] == "waiting"]) <= 2


async def test_archives_were_opened_over_years_so_that_the_month_before_has_customers(world):
    company = world.packs.hooks_of(("cable_tv",)).demonstration()
    small = replace(company, slug=f"{company.slug}-over-years", customers=39)

    access = await demonstration.make(
        small, "cable_tv", owner_url=world.owner_url, app_url=world.app_url, packs=world.packs
    )

    found = (await world.client(access.key).get("/api/v1/customers", params={"limit": "100"})).json()["items"]
    days = {(datetime.now(UTC) - datetime.fromisoformat(one["created_at"])).days // 30 for one in found}
    assert len(days) > 8
    assert max(days) > 30
