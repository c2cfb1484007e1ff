"""What warns of a complaint: found by every kind of source, told, timed, escalated, ended; once, and quiet afterwards."""

from datetime import date, timedelta

import pytest
from acting import acting
from running import work_off

from guibin.surveys.tables import SurveyAnswer, SurveyInvitation, SurveyRound
from guibin_tenants.authentication import system_principal
from guibin_tenants.rows import add
from guibin_tenants.scope import execute
from guibin_tenants.tables import new_id

RULE = "S07-32"


async def quiet_contacts(house):
    """The cadence's contact of the last month was made: nothing but what the test is about."""
    async with house.tenant.scope():
        await execute("update membership set starts_on = $1", date(2026, 3, 1))


@pytest.fixture(autouse=True)
async def contacted(house):
    await quiet_contacts(house)


async def opened(house, rule, **params):
    return [one for one in await house.signals(**params) if one["rule"] == rule]


async def scored(house, customer_id, score, *, days_ago=0):
    """The customer answered a survey with this score."""
    at = house.clock() - timedelta(days=days_ago)
    async with house.tenant.scope():
        round_id = await add(
            SurveyRound,
            acting(by=system_principal(name="tests", job_id=new_id()), now=at),
            survey="satisfaction",
            org_unit_id=house.tenant.units["east"],
            policy={},
            criteria={},
            seed="seed",
            population=1,
            sample=1,
            answer_until=at + timedelta(days=9),
        )
        invitation_id = await add(
            SurveyInvitation,
            None,
            round_id=round_id,
            customer_id=customer_id,
            survey="satisfaction",
            invited_at=at,
            expires_at=at + timedelta(days=9),
        )
        await add(
            SurveyAnswer,
            None,
            invitation_id=invitation_id,
            round_id=round_id,
            customer_id=customer_id,
            survey="satisfaction",
            scores={"overall_satisfaction": score},
            score=score,
            floor=60,
            answered_at=at,
        )


@pytest.mark.rule(RULE)
async def test_the_second_call_for_help_opens_a_task_and_the_first_does_not(house):
    await house.help(house.customer)
    await house.look()
    before = await house.signals()
    await house.help(house.customer)

    await house.look()
    await house.look()

    assert before == []
    (signal,) = await house.signals()
    assert (signal["rule"], signal["details"], signal["state"]) == (
        "repeated_trouble",
        {"count": "2", "days": "30"},
        "open",
    )
    assert await house.told(house.own) == ["signal_open"]
    assert await house.told(house.lead) == await house.told(house.west) == []


@pytest.mark.rule(RULE)
async def test_what_lies_longer_back_and_whoever_holds_no_tier_open_nothing(house):
    ordinary = await house.new("O1", holds=False)
    for customer_id in (house.customer, ordinary):
        await house.help(customer_id)
    async with house.tenant.scope():
        await execute(
            "update interaction set happened_at = happened_at - interval '31 days' where customer_id = $1",
            house.customer,
        )
    for customer_id in (house.customer, ordinary):
        await house.help(customer_id)

    await house.look()

    assert await house.signals() == []


@pytest.mark.rule(RULE)
async def test_it_is_done_once_and_quiet_for_its_days_and_what_was_counted_counts_no_more(house):
    for _ in range(2):
        await house.help(house.customer)
    await house.look()
    (signal,) = await house.signals()
    ended = await house.send(f"/signals/{signal['id']}/ending", by=house.own, text="更换了机顶盒")
    again = await house.send(f"/signals/{signal['id']}/ending", by=house.own, text="又一次", status=409)
    await house.pass_time(hours=1)
    for _ in range(2):
        await house.help(house.customer)
    await house.look()
    at_once = len(await opened(house, "repeated_trouble"))
    await house.pass_time(days=28)
    await house.look()
    still_quiet = len(await opened(house, "repeated_trouble"))
    await house.pass_time(days=2)
    for _ in range(2):
        await house.help(house.customer)

    await house.look()

    assert (ended["state"], ended["result"], ended["ended_by_name"]) == ("done", "更换了机顶盒", "own")
    assert again["type"].endswith("signal-ended")
    assert (at_once, still_quiet, len(await opened(house, "repeated_trouble"))) == (1, 1, 2)


@pytest.mark.rule(RULE)
async def test_late_it_is_told_to_its_owner_then_to_the_leader_and_to_nobody_once_dismissed(house):
    for _ in range(2):
        await house.help(house.customer)
    other = await house.new("K2")
    for _ in range(2):
        await house.help(other)
    await quiet_contacts(house)
    await house.look()
    mine = (await house.own.get("/api/v1/work")).json()["items"]
    (signal,) = await house.signals(customer_id=other)
    await house.send(f"/signals/{signal['id']}/dismissal", by=house.own, reason="客户已出国，无需处理")

    await house.pass_time(hours=23, minutes=59)
    in_time = await house.told(house.own)
    await house.pass_time(minutes=1)
    await house.pass_time(minutes=30)

    assert sorted(row["customer_id"] for row in mine if row["kind"] == "signal") == sorted([house.customer, other])
    assert in_time == ["signal_open", "signal_open", "signal_due"]
    assert await house.told(house.own) == [*in_time, "signal_escalated", "signal_late"] or await house.told(
        house.own
    ) == [*in_time, "signal_late", "signal_escalated"]
    assert await house.told(house.lead) == ["signal_escalated"]
    (late,) = await house.signals(overdue="true")
    assert (late["customer_id"], late["breached_at"] is not None) == (house.customer, True)


@pytest.mark.rule(RULE)
@pytest.mark.parametrize(("attribute", "value", "warned"), [("", "", {"K1", "K2"}), ("network", "two_way", {"K2"})])
async def test_an_outage_warns_those_it_affects_at_once_and_nobody_of_another_outlet(house, attribute, value, warned):
    affected = await house.new("K2", fields={"network": "two_way"})
    await house.new("W1", unit="west", manager=house.west, fields={"network": "two_way"})
    await quiet_contacts(house)
    numbers = {house.customer: "K1", affected: "K2"}
    new = {"text": "主干光缆中断", "org_unit_id": str(house.tenant.units["east"]), "field": attribute, "value": value}

    outage = await house.send("/outages", by=house.lead, **new)
    await work_off(house.tenant)
    await work_off(house.tenant)

    signals = await house.signals(outage_id=outage["id"])
    assert {numbers.get(one["customer_id"]) for one in signals} == warned
    assert await house.told(house.own) == ["signal_open"] * len(warned)
    assert await house.told(house.west) == []
    shown = (await house.lead.get(f"/api/v1/outages/{outage['id']}/affected")).json()["items"]
    assert {one["customer_number"] for one in shown} == warned
    assert (await house.west.get(f"/api/v1/outages/{outage['id']}")).status_code == 404
    ended = await house.send(f"/outages/{outage['id']}/ending", by=house.lead, remedy="已抢修")
    assert (ended["signals"], ended["remedy"], ended["ended_at"] is not None) == (len(warned), "已抢修", True)
    await house.send(f"/outages/{outage['id']}/ending", by=house.lead, status=409)


async def test_an_outage_names_what_there_is_and_an_area_of_ones_own(house):
    await house.new("K2", fields={"network": "two_way"})
    wrong = await house.send(
        "/outages", by=house.lead, status=422, text="停播", kinds=["nobody"], field="smart_card_number", value="1"
    )
    elsewhere = {"text": "停播", "org_unit_id": str(house.tenant.units["west"])}
    foreign = await house.send("/outages", by=house.lead, status=403, **elsewhere)

    assert {one["field"] for one in wrong["errors"]} == {"kinds", "field"}
    assert foreign["type"].endswith("not-your-customers")


async def test_an_outage_finds_nobody_by_a_field_that_whoever_reports_it_does_not_see(house):
    await house.new("K2", fields={"network": "two_way"})
    rights = await house.admin.put("/api/v1/field-rights/manager", json={"rights": {"network": "masked"}})
    new = {"text": "停播", "org_unit_id": str(house.tenant.units["east"]), "field": "network", "value": "two_way"}

    refused = await house.send("/outages", by=house.lead, status=422, **new)

    assert (rights.status_code, [one["field"] for one in refused["errors"]]) == (204, ["field"])


@pytest.mark.rule(RULE)
async def test_an_outage_warns_who_comes_under_it_later_until_it_is_over(house):
    new = {"text": "停播", "org_unit_id": str(house.tenant.units["east"])}
    outage = await house.send("/outages", by=house.lead, **new)
    await work_off(house.tenant)
    await house.new("K2")
    await house.look()
    meanwhile = len(await house.signals(outage_id=outage["id"]))
    await house.send(f"/outages/{outage['id']}/ending", by=house.lead)
    await house.new("K3")

    await house.look()

    assert (meanwhile, len(await house.signals(outage_id=outage["id"]))) == (2, 2)


@pytest.mark.rule(RULE)
@pytest.mark.parametrize(("days", "times"), [(5, 1), (6, 0)])
async def test_an_order_that_ends_soon_and_is_not_renewed_is_a_signal_once(house, days, times):
    today = date(2026, 3, 2)
    order = {"number": "O1", "product": "高清包", "price": {"amount": "100"}, "started_on": "2025-04-01"}
    ends_on = (house.clock() + timedelta(hours=8)).date() + timedelta(days=days)
    assert today <= ends_on
    await house.send(f"/customers/{house.customer}/orders", **order, ends_on=ends_on.isoformat())

    await house.look()
    await house.look()

    found = await opened(house, "order_ends")
    assert [one["details"]["product"] for one in found] == ["高清包"] * times


@pytest.mark.rule(RULE)
@pytest.mark.parametrize(
    ("scores", "rules"), [((60,), []), ((59,), ["score_low"]), ((95, 76), []), ((95, 75), ["score_falls"])]
)
async def test_a_score_under_its_floor_or_fallen_by_so_much_is_a_signal(house, scores, rules):
    for place, score in enumerate(scores):
        await scored(house, house.customer, score, days_ago=len(scores) - place)

    await house.look()

    assert [one["rule"] for one in await house.signals()] == rules


@pytest.mark.rule(RULE)
async def test_a_missed_contact_is_a_signal_and_one_made_since_is_not(house):
    async with house.tenant.scope():
        await execute("update membership set starts_on = $1", date(2026, 1, 1))
    other = await house.new("K2")
    said = {"customer_id": other, "channel": "phone", "direction": "out", "content": "问候"}
    async with house.tenant.scope():
        await execute("update customer set created_at = created_at - interval '90 days'")
    await house.send("/interactions", **said)

    await house.look()

    assert [one["customer_id"] for one in await opened(house, "contact_overdue")] == [house.customer]


@pytest.mark.rule("S07-16", RULE)
async def test_complaints_with_a_signal_before_them_and_signals_with_a_complaint_after_them_are_counted(house):
    for _ in range(2):
        await house.help(house.customer)
    warned_only = await house.new("K2")
    for _ in range(2):
        await house.help(warned_only)
    unforeseen = await house.new("K3")
    await quiet_contacts(house)
    await house.look()
    await house.pass_time(hours=1)
    for customer_id in (house.customer, unforeseen):
        await house.send("/complaints", customer_id=customer_id, text="还是没有信号", channel="phone")

    answer = await house.client.get("/api/v1/reports/complaints", params={"period": "2026-03"})

    figures = {one["definition"]["name"]: (one["numerator"], one["denominator"]) for one in answer.json()["figures"]}
    assert (figures["complaints_foreseen"], figures["signals_followed"]) == ((1, 2), (1, 2))
    assert [one["customer_id"] for one in await house.signals(complained="true")] == [house.customer]


@pytest.mark.rule(RULE)
@pytest.mark.parametrize("ending", ["closed", "erased"])
async def test_an_ended_archive_ends_its_signals_and_opens_none(house, ending):
    await house.send("/outages", by=house.lead, text="停播", org_unit_id=str(house.tenant.units["east"]))
    await work_off(house.tenant)
    before = [one["state"] for one in await house.signals()]
    if ending == "closed":
        await house.send(f"/customers/{house.customer}/closings", reason="left")
    else:
        assert (await house.client.delete(f"/api/v1/customers/{house.customer}")).status_code == 204

    await house.pass_time(days=3)
    await house.look()

    assert (before, [one["state"] for one in await house.signals()]) == (["open"], ["lapsed"])
    assert await house.told(house.own) == ["signal_open"]


async def test_another_outlets_people_see_no_signal(house):
    for _ in range(2):
        await house.help(house.customer)
    await house.look()
    (signal,) = await house.signals()

    assert await house.signals(by=house.west) == []
    assert (await house.west.get(f"/api/v1/signals/{signal['id']}")).status_code == 404
    assert (await house.west.post(f"/api/v1/signals/{signal['id']}/ending", json={"text": "x"})).status_code == 404


@pytest.mark.rule(RULE)
async def test_without_quiet_what_was_counted_for_one_signal_still_counts_for_no_second(house):
    rule = {"name": "repeated_trouble", "source": "repairs", "times": 2, "quiet_days": 0, "kinds": ["maintenance"]}
    body = {"overrides": {"signals": [rule]}, "note": "no quiet"}
    assert (await house.client.post("/api/v1/policy/versions", json=body)).status_code == 201
    for _ in range(2):
        await house.help(house.customer)
    await house.look()
    (signal,) = await house.signals()
    await house.send(f"/signals/{signal['id']}/ending", by=house.own, text="已修好")
    await house.pass_time(hours=1)
    await house.help(house.customer)
    await house.look()
    third = len(await opened(house, "repeated_trouble"))
    await house.help(house.customer)

    await house.look()

    assert (third, len(await opened(house, "repeated_trouble"))) == (1, 2)


@pytest.mark.rule(RULE)
@pytest.mark.parametrize(("found", "hours"), [("score_low", 5), ("contact_overdue", 38)])
async def test_a_low_score_or_missed_contact_that_nobody_acts_on_goes_up(house, found, hours):
    """A score has five hours, an older one is none; a missed contact has the day after the one on which it was found at ten."""
    if found == "score_low":
        await scored(house, house.customer, 59)
        later = await house.new("K2")
        await quiet_contacts(house)
        await scored(house, later, 30, days_ago=31)
    else:
        async with house.tenant.scope():
            await execute("update membership set starts_on = $1", date(2026, 1, 1))
            await execute("update customer set created_at = created_at - interval '90 days'")
    await house.look()
    (signal,) = await house.signals()
    heard = []
    for span in (timedelta(hours=hours, minutes=-1), *(timedelta(minutes=more) for more in (1, 29, 1, 89, 1))):
        await house.pass_time(seconds=span.total_seconds())
        people = (house.own, house.lead, house.admin)
        heard.append(["signal_escalated" in await house.told(person) for person in people])

    assert signal["rule"] == found
    assert heard == [
        [False, False, False],
        [True, False, False],
        [True, False, False],
        [True, True, False],
        [True, True, False],
        [True, True, True],
    ]


@pytest.mark.rule(RULE)
async def test_a_low_score_that_was_acted_on_goes_up_to_nobody(house):
    await scored(house, house.customer, 59)
    await house.look()
    (signal,) = await house.signals()
    await house.send(f"/signals/{signal['id']}/ending", text="已上门致歉")

    await house.pass_time(days=2)

    assert "signal_late" not in await house.told(house.own)
    assert await house.told(house.lead) == []
