"""S02-2, S02-3, S02-9: what a customer wants or declines by its name is on record and respected by whatever would reach them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from desk import open_desk
from standing import member

pytestmark = pytest.mark.rule("S02-2", "S02-3")
STARTS = datetime(2026, 4, 1, 6, tzinfo=UTC)


@pytest.fixture
async def bank(world):
    """A bank with two customers of its list and what it offers them; what it plans is reviewed by nobody first."""
    bank = await open_desk(world, "banking")
    unreviewed = await bank.client.post(
        "/api/v1/policy/versions", json={"overrides": {"switched_off": ["plan_reviews"]}}
    )
    assert unreviewed.status_code == 201, unreviewed.text
    bank.people = [await bank.customer(str(number), "personal") for number in (1, 2)]
    for person in bank.people:
        await bank.consent(person, "personal_vip")
        await member(bank.tenant, person, scheme="personal_vip", tier="gold")
    return bank


async def test_an_item_that_is_declined_is_not_redeemed_until_it_is_wanted_again(bank):
    one, other = bank.people
    item = (await _rights(bank, one))[0]["item"]
    body = {"item": item, "quantity": 1}

    async def redeemed(person):
        return await bank.client.post("/api/v1/redemptions", json=body | {"customer_id": person})

    await bank.consent(one, f"item:{item}", "refused")
    refused, others = await redeemed(one), await redeemed(other)
    shown = {right["item"]: right["declined"] for right in await _rights(bank, one)}
    await bank.consent(one, f"item:{item}")
    wanted = await redeemed(one)

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-wanted")
    assert (others.status_code, wanted.status_code) == (201, 201)
    assert shown.pop(item) is True
    assert set(shown.values()) <= {False}


@pytest.mark.rule("S02-9")
async def test_who_declines_one_kind_of_event_is_invited_to_the_others(bank):
    one, _ = bank.people
    await bank.consent(one, "activity:wealth_seminar", "refused")

    got = {kind: await _invited(bank, kind) for kind in ("wealth_seminar", "executive_salon")}

    assert got["wealth_seminar"] == (1, [(one, "activity:wealth_seminar: refused")])
    assert got["executive_salon"] == (2, [])
    await bank.consent(one, "activities", "refused")
    assert (await _invited(bank, "executive_salon"))[1] == [(one, "activities: refused")]


async def test_a_campaign_about_what_is_declined_leaves_the_customer_out_and_another_does_not(bank):
    one, other = bank.people
    await bank.consent(one, "topic:funds", "refused")

    funds, deposits, anything = [await _campaign(bank, topic) for topic in ("funds", "deposits", "")]

    assert funds == {one: ("excluded", "topic:funds: refused"), other: ("contacted", "")}
    assert deposits == anything == {one: ("contacted", ""), other: ("contacted", "")}


async def test_a_no_after_the_draw_holds_too(bank):
    one, _ = bank.people
    answer = await _start(bank, "insurance")
    members = (await bank.client.get(f"/api/v1/campaigns/{answer['id']}/members")).json()["items"]
    mine = next(each for each in members if each["customer_id"] == one)
    await bank.consent(one, "topic:insurance", "refused")

    tried = await bank.client.post(f"/api/v1/campaign-members/{mine['id']}/contact", json={"channel": "phone"})

    assert (tried.status_code, tried.json()["type"]) == (409, "/problems/not-to-contact")


@pytest.mark.parametrize("purpose", ["item:nothing", "topic:weather", "activity:x", "occasion:x", "message:x"])
async def test_a_wish_about_what_there_is_not_is_refused_by_name(bank, purpose):
    path = f"/api/v1/customers/{bank.people[0]}/consents"
    answer = await bank.client.post(path, json={"purpose": purpose, "answer": "refused"})

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["purpose"])
    assert (await bank.client.get(path)).json()[0]["purpose"] == "personal_vip"


async def test_a_campaign_about_no_topic_of_the_policy_is_refused(bank):
    assert (await _start(bank, "weather", status=422))["errors"][0]["field"] == "topic"


async def test_the_page_offers_every_wish_in_words(bank):
    dialog = await bank.client.get(
        f"/console/customers/{bank.people[0]}/do/consent", headers={"Accept-Language": "zh-CN"}
    )

    assert dialog.status_code == 200
    words = " ".join(re.sub(r"<[^>]+>", " ", dialog.text).split())
    assert "推介 5 存款 基金理财 保险" in words
    assert "理财讲座 高管沙龙 关怀 1 生日" in words
    assert "短信 7 生日快乐 纪念日祝福" in words
    assert "$" not in words
    assert not re.search(r"\b(item|activity|occasion|message|topic)[.:]", words)


async def _rights(bank, person):
    return (await bank.client.get(f"/api/v1/customers/{person}/entitlements")).json()["items"]


async def _invited(bank, kind):
    body = {"kind": kind, "title": kind, "starts_at": STARTS.isoformat()}
    body["ends_at"] = (STARTS + timedelta(hours=2)).isoformat()
    activity = await bank.client.post("/api/v1/activities", json=body)
    assert activity.status_code == 201, activity.text
    path = f"/api/v1/activities/{activity.json()['id']}/invitations"
    answer = (await bank.client.post(path, json={"customer_ids": bank.people})).json()
    return answer["invited"], [(each["customer_id"], each["because"]) for each in answer["not_invited"]]


async def _start(bank, topic, status=201):
    body = {"title": "推介", "segment": {"scheme": "personal_vip"}, "topic": topic, "control_percent": 0}
    answer = await bank.client.post("/api/v1/campaigns", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def _campaign(bank, topic):
    started = await _start(bank, topic)
    page = (await bank.client.get(f"/api/v1/campaigns/{started['id']}/members")).json()["items"]
    return {each["customer_id"]: (each["part"], each["because"]) for each in page}
