"""What every company owes its important customers, lived through in each pack's company over simulated time.

The same stories for every pack: a new one is in them by being installed and by a line in `GOOD`.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from desk import open_desk
from pack_values import all_packs
from receiving import fall_due, told

from guibin.tiers import memberships
from guibin.tiers.memberships import NewMembership
from guibin_tenants.tables import new_id

PACKS = all_packs().names
MONTHS = [f"2025-{month:02d}-10" for month in range(3, 13)] + ["2026-01-10", "2026-02-10"]
# Of each pack: a customer who earns the highest tier, by facts of each month, and by facts of the present.
GOOD = {
    "banking": ("personal_vip", {"deposit": "1000000"}, {"credit_score": 90, "tenure": 60}),
    "cable_tv": ("key_account", {"spending": "1000"}, {"terminals": 80}),
    "retail": ("members", {"spending": "20000"}, {}),
    "telecom": ("vip_club", {"bill": "150"}, {"tenure": 60}),
}


@pytest.fixture(params=PACKS)
async def desk(request, world):
    desk = await open_desk(world, request.param)
    desk.pack = request.param
    desk.place = world.packs.value(request.param).in_place[0]
    return desk


def scheme_of(desk):
    return next(one for one in desk.tenant.world.packs.value(desk.pack).schemes if one.name == desk.place.scheme)


async def member(desk, number="M-1"):
    """A customer who holds the highest tier, however it was come by."""
    scheme = scheme_of(desk)
    person = await desk.customer(number, scheme.customer_kinds[0])
    given = NewMembership(
        customer_id=person,
        scheme=scheme.name,
        tier=scheme.tiers[0].name,
        starts_on=date(2026, 1, 1),
        basis="application",
        basis_id=new_id(),
        reason="",
    )
    async with desk.tenant.scope():
        await memberships.start(given, now=desk.tenant.world.clock())
    return person


async def plain(desk, number="P-1"):
    """A customer of the same kind who holds nothing."""
    return await desk.customer(number, scheme_of(desk).customer_kinds[0])


async def rights(desk, person):
    found = (await desk.client.get(f"/api/v1/customers/{person}/entitlements")).json()["items"]
    return {one["item"]: one for one in found}


async def send(client, path, body, status=201):
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.rule("S13-4", "S01-6", "S10-7")
async def test_a_member_uses_every_kind_of_right_and_whoever_holds_nothing_none(desk):
    vip, nobody = await member(desk), await plain(desk)
    wanted = [desk.place.items.get(item, item) for item in ("account_manager", "vip_event", "discount", "gift")]

    held = await rights(desk, vip)

    for item in (*wanted, "bespoke_product", "bespoke_event"):
        assert item in held, item
    for item in ("gift", "discount", "bespoke_event"):
        await send(desk.client, "/api/v1/redemptions", {"customer_id": vip, "item": item})
        await send(desk.client, "/api/v1/redemptions", {"customer_id": nobody, "item": item}, 422)
    assert (await rights(desk, vip))["gift"]["consumed"] == 1
    assert await rights(desk, nobody) == {}


@pytest.mark.rule("S01-6")
async def test_the_highest_buy_first_with_the_right_that_is_theirs_and_others_wait(desk, clock):
    vip, nobody = await member(desk), await plain(desk)
    opens = clock() + timedelta(hours=72)
    offer = await send(
        desk.client,
        "/api/v1/offers",
        {
            "title": "限量新品",
            "quantity": 5,
            "opens_at": opens.isoformat(),
            "closes_at": (opens + timedelta(days=2)).isoformat(),
            "price": {"amount": "99.00"},
        },
    )
    path = f"/api/v1/offers/{offer['id']}/purchases"
    item = desk.place.items.get("priority_purchase", "priority_purchase")

    bought = await send(desk.client, path, {"customer_id": vip})
    await send(desk.client, path, {"customer_id": nobody}, 409)
    clock.set(opens)
    await send(desk.client, path, {"customer_id": nobody})

    assert bought["early"] is True
    assert (await rights(desk, vip))[item]["consumed"] == 1


@pytest.mark.rule("S10-1", "S10-2")
@pytest.mark.parametrize(
    ("kind", "scheme", "tier", "due"),
    [
        ("employee", "key_employee", "honoured", "2026-03-04T15:59:59.999999Z"),
        ("partner", "key_partner", "strategic", "2026-03-03T15:59:59.999999Z"),
    ],
)
async def test_employees_and_partners_become_vips_by_approval_and_are_answered_in_their_time(
    desk, clock, kind, scheme, tier, due
):
    manager = await desk.tenant.staff("manager", "manager")
    person, other = await desk.customer("E-1", kind), await desk.customer("E-2", kind)
    request = {"item": "request", "channel": "phone", "text": "请安排会议室"}

    asked = {"customer_id": person, "scheme": scheme, "tier": tier, "reason": "贡献突出"}
    application = await send(desk.client, "/api/v1/applications", asked)
    await send(manager, f"/api/v1/approvals/{application['approval_id']}/decision", {"approved": True}, 200)
    mine = await send(desk.client, "/api/v1/service-requests", request | {"customer_id": person})
    theirs = await send(desk.client, "/api/v1/service-requests", request | {"customer_id": other})

    assert await desk.tier(person, scheme) == tier
    assert await desk.tier(other, scheme) is None
    assert mine["due_at"] == due
    assert theirs["due_at"] == "2026-03-05T15:59:59.999999Z"


@pytest.mark.rule("S13-3")
async def test_who_stays_good_is_rewarded_at_the_next_quarters_assessment(desk, clock):
    if desk.pack not in GOOD:
        pytest.skip("its tiers are given by application only")
    name, monthly, present = GOOD[desk.pack]
    person, other = await plain(desk, "G-1"), await plain(desk, "G-2")
    for metric, amount in monthly.items():
        for day in MONTHS:
            await desk.fact(person, metric, day, amount=amount)
    for metric, value in present.items():
        await desk.fact(person, metric, "2026-02-20", value=value)
    await desk.consent(person, name)
    await desk.assess(name, "2026-03-01")
    before = (await rights(desk, person))["gift"]
    clock.set(datetime(2026, 4, 1, 2, tzinfo=UTC))

    await desk.assess(name, "2026-04-01")

    after = (await rights(desk, person))["gift"]
    assert await desk.tier(person, name) == scheme_of(desk).tiers[0].name
    assert (before["rewarded"], after["rewarded"]) == (0, 1)
    assert after["left"] == before["left"] + 1
    assert (await desk.membership(other))["consequences"] == []


@pytest.mark.rule("S10-5", "S14-7")
async def test_an_unanswered_complaint_reaches_the_manager_and_a_plan_that_does_not_come_leadership(desk, clock):
    officer = await desk.tenant.staff("officer", "reception_officer")
    manager = await desk.tenant.staff("manager", "manager")
    case = await send(officer, "/api/v1/complaints", {"text": "等候过久", "channel": "phone"})
    level = (await desk.client.get("/api/v1/policy")).json()["complaints"]["levels"][0]
    hours = level["milestones"][0]["within"]["count"]

    assert await told(desk.tenant, officer) == ["complaint_reported"]
    clock.set(clock() + timedelta(hours=hours) - timedelta(seconds=1))
    early = await fall_due(desk.tenant, "insight")
    clock.set(clock() + timedelta(seconds=1))
    late = await fall_due(desk.tenant, "insight")
    assert [step for step in early if step.endswith(("breach", "escalation:manager"))] == []
    assert [step for step in late if step.startswith("first_reply")] == [
        "first_reply/breach",
        "first_reply/escalation:manager",
    ]
    await send(officer, f"/api/v1/complaints/{case['id']}/resolution", {"remedy": "致歉", "cause": "other"})
    clock.set(clock() + timedelta(days=8))
    steps = await fall_due(desk.tenant, "insight")

    assert [one for one in steps if one.endswith("breach")] == ["rectification/breach"]
    assert {"reply_escalated", "plan_escalated"} <= set(await told(desk.tenant, manager))
    assert {"reply_late", "plan_late"} <= set(await told(desk.tenant, officer))


@pytest.mark.rule("S10-5", "S10-8")
async def test_an_opinion_that_is_answered_in_time_disturbs_nobody(desk, clock):
    officer = await desk.tenant.staff("officer", "reception_officer")
    manager = await desk.tenant.staff("manager", "manager")
    case = await send(officer, "/api/v1/complaints", {"text": "建议增设座位", "channel": "phone", "kind": "opinion"})
    await send(officer, f"/api/v1/complaints/{case['id']}/resolution", {"remedy": "已采纳", "cause": "other"})
    await send(officer, f"/api/v1/complaints/{case['id']}/rectification", {"plan": "增设座位", "reported_to": "总经理"})

    clock.set(clock() + timedelta(days=30))

    assert await fall_due(desk.tenant, "insight") == []
    assert sorted(await told(desk.tenant, manager)) == ["complaint_rectified", "complaint_to_leadership"]


@pytest.mark.rule("S13-5")
async def test_a_question_that_nobody_answers_goes_up_in_every_company(desk, clock):
    own = await desk.tenant.staff("own", "account_manager")
    manager = await desk.tenant.staff("manager", "manager")
    person = await desk.customer("Q-1", scheme_of(desk).customer_kinds[0], account_manager_id=str(own.staff_id))
    wish = {"customer_id": person, "channel": "phone", "direction": "in", "content": "来电", "need": "合同何时到期"}
    await send(desk.client, "/api/v1/interactions", wish)
    answered = await send(desk.client, "/api/v1/interactions", wish)
    await send(desk.client, f"/api/v1/interactions/{answered['id']}/handlings", {"text": "已答复"})

    clock.set(clock() + timedelta(hours=24))
    fired = await fall_due(desk.tenant, "records")

    assert [step.partition("/")[2] for step in fired] == ["warning", "breach", "escalation:manager"]
    assert await told(desk.tenant, manager) == ["question_overdue"]
    assert "question_overdue" in await told(desk.tenant, own)
