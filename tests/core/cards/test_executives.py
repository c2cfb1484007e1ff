"""Cards of a company's executives: the post, the company's quota, the tier they bring, and how they end (S04-5)."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from cards import IDENTITY
from running import come_round, run_job, work_off

from guibin.cards.jobs import KeepCards
from guibin.events import PostEnded
from guibin_tenants.tables import new_id

CARD = "executive_card"


@pytest.fixture
async def company(desk):
    """A company in the diamond tier: two cards."""
    company = await desk.customer("company", name="和田玉业有限公司")
    await desk.join(company, "corporate", "diamond")
    return company


async def executive(desk, company, *, consents=True, role="executive"):
    person = await desk.customer(identity_number=IDENTITY)
    if consents:
        await desk.consent(person, "personal")
    if role:
        await desk.post(f"customers/{person}/links", {"of_customer_id": company, "role": role})
    return person


async def card_of(desk, person, company):
    return await desk.card(person, CARD, of_customer_id=company)


async def tier(desk, person):
    current = (await desk.get(f"customers/{person}/membership"))["current"]
    return next((held["tier"] for held in current if held["scheme"] == "personal"), None)


async def leave(desk, person):
    link = (await desk.get(f"customers/{person}/links"))[0]
    assert (await desk.head.delete(f"/api/v1/customers/{person}/links/{link['id']}")).status_code == 204


async def night(desk, clock, *day):
    clock.set(datetime(*day, 2, tzinfo=UTC))
    await come_round(desk.tenant, KeepCards())


async def test_an_executive_gets_the_card_and_its_tier_through_the_company(desk, company):
    person = await executive(desk, company)
    asked = await desk.apply(person, CARD, of_customer_id=company)
    steps = (await desk.get(f"approvals/{asked['approval_id']}"))["steps"]
    await desk.approve(asked["approval_id"])
    issued = await desk.issue(asked)

    assert [step["role"] for step in steps] == ["tenant_admin"]
    assert (issued["of_customer_id"], issued["tier"], await tier(desk, person)) == (company, "diamond", "diamond")
    assert [one["id"] for one in (await desk.get("cards", of_customer_id=company))["items"]] == [issued["id"]]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"role": None}, "not-sponsored"),
        ({"role": "driver"}, "not-sponsored"),
        ({"consents": False}, "no-consent"),
    ],
)
async def test_it_takes_the_post_and_the_persons_own_consent(desk, company, changes, problem):
    person = await executive(desk, company, **changes)

    refused = await desk.apply(person, CARD, of_customer_id=company, status=422)

    assert refused["type"].endswith(problem)


async def test_a_company_without_the_tier_gives_no_card_and_a_personal_card_names_no_company(desk, company):
    poor = await desk.customer("company", name="小微企业")
    person, member = await executive(desk, poor), await desk.member()

    no_tier = await desk.apply(person, CARD, of_customer_id=poor, status=422)
    no_company = await desk.apply(person, CARD, status=422)
    own = await desk.apply(member, "gold_card", of_customer_id=company, status=422)

    assert no_tier["type"].endswith("not-sponsored")
    assert [error["field"] for refused in (no_company, own) for error in refused["errors"]] == ["of_customer_id"] * 2


async def test_the_tiers_quota_holds_however_many_are_issued_at_once(desk, company):
    people = [await executive(desk, company) for _ in range(4)]
    bodies = []
    for person in people:
        asked = await desk.approved(person, CARD, of_customer_id=company)
        bodies.append(
            {
                "application_id": asked["id"],
                "number": desk.number(),
                "identity_check_id": await desk.identified(person),
            }
        )

    answers = await asyncio.gather(*(desk.head.post("/api/v1/cards", json=body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    late = await executive(desk, company)
    assert (await desk.apply(late, CARD, of_customer_id=company, status=409))["type"].endswith("card-quota-full")


async def test_the_card_and_its_tier_end_a_notice_period_after_the_post(desk, company, clock):
    person = await executive(desk, company)
    card = await card_of(desk, person, company)
    await leave(desk, person)
    await night(desk, clock, 2026, 3, 10)
    noticed = await desk.look(card)
    await night(desk, clock, 2026, 4, 8)
    kept = (await desk.look(card))["state"], await tier(desk, person)
    await night(desk, clock, 2026, 4, 9)

    ended = await desk.look(card)
    assert (noticed["state"], noticed["notice_until"], kept) == ("active", "2026-04-09", ("active", "diamond"))
    assert (ended["state"], ended["ended_because"]) == ("ended", "sponsorship_ended")
    assert await tier(desk, person) is None


async def test_whoever_is_appointed_again_in_time_keeps_the_card(desk, company, clock):
    person = await executive(desk, company)
    card = await card_of(desk, person, company)
    await leave(desk, person)
    await night(desk, clock, 2026, 3, 10)
    await desk.post(f"customers/{person}/links", {"of_customer_id": company, "role": "executive"})
    await night(desk, clock, 2026, 3, 11)
    await night(desk, clock, 2026, 5, 1)

    kept = await desk.look(card)
    assert (kept["state"], kept["notice_until"]) == ("active", None)


async def test_a_company_that_loses_its_tier_loses_its_cards_after_the_notice(desk, company, clock):
    person = await executive(desk, company)
    card = await card_of(desk, person, company)
    await desk.post(f"customers/{company}/membership/corporate/ending", {"reason": "年度评定未通过"}, status=200)
    # The notice runs from the end of the tier, however late the night's work is done.
    await night(desk, clock, 2026, 3, 20)
    noticed = await desk.look(card)
    await night(desk, clock, 2026, 4, 1)

    assert noticed["notice_until"] == "2026-04-01"
    assert (await desk.look(card))["ended_because"] == "sponsorship_ended"


async def test_a_smaller_quota_ends_the_cards_given_last(desk, company, clock):
    first = await card_of(desk, await executive(desk, company), company)
    clock.set(datetime(2026, 3, 3, 2, tzinfo=UTC))
    second = await card_of(desk, await executive(desk, company), company)
    await desk.join(company, "corporate", "gold")
    await night(desk, clock, 2026, 3, 4)

    assert [(await desk.look(card))["notice_until"] for card in (first, second)] == [None, "2026-04-03"]


async def test_what_the_person_had_by_own_merit_comes_back(desk, company, clock):
    person = await executive(desk, company)
    await desk.join(person, "personal", "gold")
    clock.set(datetime(2026, 3, 3, 2, tzinfo=UTC))
    card = await card_of(desk, person, company)
    brought = await tier(desk, person)
    await desk.post(f"cards/{card['id']}/revocation", {"reason": "公司要求收回"})

    assert (brought, await tier(desk, person)) == ("diamond", "gold")


async def test_an_assessment_does_not_touch_the_tier_a_card_brings(desk, company):
    person = await executive(desk, company)
    await card_of(desk, person, company)

    answer = await desk.head.post("/api/v1/assessments", json={"scheme": "personal", "as_of": "2026-03-02"})

    assert (answer.status_code, await tier(desk, person)) == (201, "diamond")


async def test_an_application_lapses_when_the_post_or_the_companys_tier_ends_before_the_issue(desk, company, clock):
    leaver, stayer = await executive(desk, company), await executive(desk, company)
    asked = [await desk.apply(person, CARD, of_customer_id=company) for person in (leaver, stayer)]
    await desk.approve(asked[0]["approval_id"])

    await leave(desk, leaver)
    await night(desk, clock, 2026, 3, 3)
    first = [(await desk.get(f"card-applications/{one['id']}"))["closed_because"] for one in asked]
    await desk.post(f"customers/{company}/membership/corporate/ending", {"reason": "退出"}, status=200)
    await night(desk, clock, 2026, 3, 4)

    assert first == ["post_ended", ""]
    assert (await desk.get(f"card-applications/{asked[1]['id']}"))["closed_because"] == "company_tier_ended"


async def end_post(desk, person, status=201, **body):
    link = (await desk.get(f"customers/{person}/links", ended="true"))[0]
    return await desk.post(f"customers/{person}/links/{link['id']}/ending", body, status=status)


async def follow(desk, person, company):
    ended = PostEnded(customer_id=person, of_customer_id=company, link_id=new_id(), on=date(2026, 3, 2))
    await run_job(desk.tenant, ended, kind="cards.follow_post")


@pytest.mark.rule("S04-5")
async def test_the_end_of_the_post_ends_card_and_tier_after_the_notice_and_stays_on_record(desk, company, clock):
    person = await executive(desk, company)
    card = await card_of(desk, person, company)
    held = await tier(desk, person)

    ended = await end_post(desk, person)
    await follow(desk, person, company)
    again = await end_post(desk, person, status=409)

    assert (held, ended["ended_on"], again["status"]) == ("diamond", "2026-03-02", 409)
    assert await desk.get(f"customers/{person}/links") == []
    assert [link["ended_on"] for link in await desk.get(f"customers/{person}/links", ended="true")] == ["2026-03-02"]
    after = await desk.get(f"cards/{card['id']}")
    assert (after["state"], after["notice_until"], await tier(desk, person)) == ("active", "2026-04-01", "diamond")
    await night(desk, clock, 2026, 4, 1)
    assert ((await desk.get(f"cards/{card['id']}"))["state"], await tier(desk, person)) == ("ended", None)


async def test_a_post_that_ends_later_holds_until_then_and_may_begin_anew(desk, company):
    person = await executive(desk, company)

    planned = await end_post(desk, person, on="2026-03-31")
    still = await desk.get(f"customers/{person}/links")
    await end_post(desk, person)
    await desk.post(f"customers/{person}/links", {"of_customer_id": company, "role": "executive"})

    assert (planned["ended_on"], [link["ended_on"] for link in still]) == ("2026-03-31", ["2026-03-31"])
    assert [link["ended_on"] for link in await desk.get(f"customers/{person}/links")] == [None]


async def test_the_worker_gives_notice_to_the_card_of_a_post_that_ended(desk, company):
    person = await executive(desk, company)
    card = await card_of(desk, person, company)

    await end_post(desk, person)
    before = await desk.look(card)
    await work_off(desk.tenant, kind="cards.follow_post")

    assert (before["notice_until"], (await desk.look(card))["notice_until"]) == (None, "2026-04-01")
