"""First the company's recognition, then the form, then purchases and loyalty judge the application (S13-6, S13-2)."""

from uuid import UUID

import pytest
from desk import open_desk

from guibin_tenants.scope import execute

KEY = "key_customer"
FORM = {"yearly_spending": 8_000_000, "wishes_long_term_cooperation": True, "accepts_service_policy": True}


@pytest.fixture
async def desk(world):
    return await open_desk(world)


@pytest.fixture
async def manager(desk):
    return await desk.tenant.staff("manager", "manager")


@pytest.fixture
async def clerk(desk):
    return await desk.tenant.staff("clerk", "account_manager")


async def willing(desk, number="1", *, spent=0):
    """A customer who agreed, of five years, who bought for so many yuan every month."""
    person = await desk.customer(number, "customer")
    await desk.consent(person, KEY)
    for month in range(4, 13) if spent else ():
        await desk.fact(person, "spending", f"2025-{month:02d}-10", amount=f"{spent}.00")
    if spent:
        await desk.fact(person, "tenure", "2026-02-01", value=60)
    return person


async def endorse(by, person, status=201, **more):
    body = {"scheme": KEY, "reason": "多年客户", **more}
    answer = await by.post(f"/api/v1/customers/{person}/endorsements", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def apply(by, person, status=201, answers=FORM):
    body = {"customer_id": person, "scheme": KEY, "tier": "gold", "reason": "主动注册"}
    answer = await by.post("/api/v1/applications", json=body | {"form": "vip_registration", "answers": answers})
    assert answer.status_code == status, answer.text
    return answer.json()


async def decide(by, application, status=200, **said):
    path = f"/api/v1/approvals/{application['approval_id']}/decision"
    answer = await by.post(path, json={"approved": True, **said})
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.rule("S13-6")
async def test_the_form_waits_for_recognition_which_is_somebodys_to_give_and_to_take_back(desk, clerk, manager):
    person = await willing(desk)
    outsider = await desk.tenant.staff("outsider", "agent")

    early = await apply(clerk, person, 409)
    await endorse(manager, person, recognised=False)
    declined = await apply(clerk, person, 409)
    await endorse(manager, person)
    application = await apply(clerk, person)
    await endorse(manager, person, recognised=False)
    taken_back = await decide(manager, application, 409, reason="同意")

    said = (await desk.client.get(f"/api/v1/customers/{person}/endorsements")).json()
    assert {one["type"].rsplit("/", 1)[-1] for one in (early, declined, taken_back)} == {"not-recognised"}
    assert [one["recognised"] for one in said] == [False, True, False]
    assert (
        await outsider.post(f"/api/v1/customers/{person}/endorsements", json={"scheme": KEY, "reason": "熟客"})
    ).status_code == 403


async def test_nobody_is_recognised_whose_archive_has_ended(desk, manager):
    closed, erased = await desk.customer("1", "customer"), await desk.customer("2", "customer")
    async with desk.tenant.scope():
        await execute("update customer set closed_at = $2 where id = $1", UUID(closed), desk.tenant.world.clock())
    assert (await desk.client.delete(f"/api/v1/customers/{erased}")).status_code == 204

    refused = await endorse(manager, closed, 409)
    gone = await manager.post(f"/api/v1/customers/{erased}/endorsements", json={"scheme": KEY, "reason": "多年客户"})

    assert refused["type"] == "/problems/archive-closed"
    assert gone.json()["type"] in ("/problems/archive-erased", "/problems/not-found")


@pytest.mark.rule("S13-6", "S13-2")
async def test_figures_and_consent_make_no_member_before_the_form_is_filed_and_approved(desk, clerk, manager):
    silent, asked = await willing(desk, "1", spent=12_000), await willing(desk, "2", spent=12_000)
    await endorse(manager, asked)
    application = await apply(clerk, asked)

    first = await desk.assess(KEY, "2026-03-01")
    before = [await desk.tier(one, KEY) for one in (silent, asked)]
    await decide(manager, application)
    explained = (await desk.membership(silent))["explanations"][0]

    assert before == [None, None]
    assert [move["move"] for move in first["moves"]] == ["unregistered"]
    assert "has not registered" in explained["sentence"]
    assert [await desk.tier(one, KEY) for one in (silent, asked)] == [None, "gold"]


@pytest.mark.rule("S13-6")
async def test_a_form_that_claims_and_proves_nothing_is_not_simply_approved(desk, clerk, manager):
    poor, loyal = await willing(desk, "1", spent=100), await willing(desk, "2", spent=12_000)
    for person in (poor, loyal):
        await endorse(manager, person)
    claimed, proven = await apply(clerk, poor), await apply(clerk, loyal)

    shown = (await manager.get(f"/api/v1/applications/{claimed['id']}/comparison")).json()
    borne_out = (await manager.get(f"/api/v1/applications/{proven['id']}/comparison")).json()
    bare = await decide(manager, claimed, 422)
    await decide(manager, proven)
    await decide(manager, claimed, reason="新签年度框架，明年起量")

    figures = {one["metric"]: one for one in shown["figures"]}
    assert (shown["earned"], shown["proven"], borne_out["earned"], borne_out["proven"]) == (None, False, "gold", True)
    assert {name: figures["spending_1y"][name] for name in ("field", "claimed", "recorded", "differs")} == {
        "field": "yearly_spending",
        "claimed": 8_000_000,
        "recorded": 90_000,
        "differs": True,
    }
    assert figures["tenure"]["recorded"] == 60
    assert [each["field"] for each in bare["errors"]] == ["reason"]
    assert [await desk.tier(one, KEY) for one in (poor, loyal)] == ["gold", "gold"]


async def test_a_claim_a_little_above_the_record_is_believed(desk, clerk, manager):
    person = await willing(desk, "1", spent=10_000)
    await endorse(manager, person)
    application = await apply(clerk, person, answers=FORM | {"yearly_spending": 9_450_000})
    more = (await manager.get(f"/api/v1/applications/{application['id']}/comparison")).json()
    await desk.fact(person, "spending", "2026-01-10", amount="-0.01")

    less = (await manager.get(f"/api/v1/applications/{application['id']}/comparison")).json()

    assert [one["figures"][0]["differs"] for one in (more, less)] == [False, True]


@pytest.mark.rule("S13-6")
async def test_the_approver_sees_the_answers_beside_the_figures_on_the_page(desk, clerk, manager):
    person = await willing(desk, "1", spent=100)
    await endorse(manager, person)
    application = await apply(clerk, person)

    pages = [
        (await manager.get(f"/console/approvals/{application['approval_id']}{part}")).text for part in ("", "/preview")
    ]

    for page in pages:
        assert [word for word in ("公司数据", "不符", "900.00", "80,000.00", "无等级") if word not in page] in (
            [],
            ["公司数据"],
        ), page
