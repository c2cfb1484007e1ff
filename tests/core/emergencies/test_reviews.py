"""Every emergency access is judged by an auditor in time, who sees what was looked at (S02-6)."""

import asyncio
from datetime import timedelta

import pytest
from emergencies import PATH, REASON, opened
from receiving import told
from running import come_round, work_off

from guibin.oversight.jobs import DrawUnusualLooks
from guibin.sla.sweep import fire_due

JUST = {"verdict": "justified", "reason": "家属已证实当日住院"}
UNJUST = {"verdict": "not_justified", "reason": "没有任何事项与之相符"}


async def over(bank, clock, **new):
    """An access in whose name the file and its contact points were looked at, and whose time is over."""
    access = await opened(bank.manager, customer_id=bank.customer, **new)
    for part in ("", "/contact-points"):
        assert (await bank.manager.get(f"/api/v1/customers/{bank.customer}{part}")).status_code == 200
    clock.set(clock.now + timedelta(minutes=30))
    return access


async def judge(person, access, verdict=JUST):
    return await person.post(f"{PATH}/{access['id']}/review", json=verdict)


def kind_of(answer):
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]


@pytest.mark.rule("S02-6")
async def test_it_is_owed_from_its_end_and_what_was_looked_at_stands_beside(bank, clock):
    access = await over(bank, clock)

    owed = (await bank.auditor.get(f"{PATH}/{access['id']}")).json()
    judged = await judge(bank.auditor, access)
    whole = (await bank.auditor.get(f"{PATH}/{access['id']}")).json()

    assert (access["review"], owed["review"], owed["review_due_at"]) == ("owed", "owed", "2026-03-05T10:00:00Z")
    assert len(owed["entries"]) == owed["looks"] >= 2
    assert {tuple(each["customer_ids"]) for each in owed["entries"]} == {(bank.customer,)}
    assert {each["actor_name"] for each in owed["entries"]} == {"manager"}
    assert judged.status_code == 201, judged.text
    assert {name: whole[name] for name in ("review", "verdict", "verdict_reason", "reviewed_by_name")} == {
        "review": "reviewed",
        "verdict": "justified",
        "verdict_reason": JUST["reason"],
        "reviewed_by_name": "auditor",
    }


async def test_whoever_looked_reads_the_verdict_and_not_the_record(bank, clock):
    access = await over(bank, clock)
    await judge(bank.auditor, access)

    own = (await (await bank.sign_in("manager")).get(f"{PATH}/{access['id']}")).json()

    assert (own["verdict"], own["entries"]) == ("justified", [])


async def test_not_while_it_runs_not_twice_and_not_without_words(bank, clock):
    access = await opened(bank.manager, customer_id=bank.customer)
    running = await judge(bank.auditor, access)
    ended = await bank.manager.post(f"{PATH}/{access['id']}/ending")
    wordless = await judge(bank.auditor, access, {"verdict": "justified", "reason": " "})
    unknown = await judge(bank.auditor, access, {"verdict": "perhaps", "reason": "看过"})
    first, second = await judge(bank.auditor, access), await judge(bank.auditor, access, UNJUST)

    assert ended.status_code == 201, ended.text
    assert kind_of(running) == (409, "still-runs")
    assert (wordless.status_code, unknown.status_code, first.status_code) == (400, 400, 201)
    assert kind_of(second) == (409, "already-judged")


async def test_of_two_verdicts_at_once_one_stands(bank, clock):
    access = await over(bank, clock)
    other = await bank.staff("second-auditor", "auditor")

    answers = await asyncio.gather(judge(bank.auditor, access), judge(other, access, UNJUST))

    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_nobody_judges_their_own(bank, clock):
    access = await over(bank, clock)
    async with bank.scope() as scope:
        became = "update staff set roles = '{auditor}', org_unit_id = null where id = $1"
        await scope.connection.execute(became, bank.manager.staff_id)
    own = await judge(await bank.sign_in("manager"), access)

    assert kind_of(own) == (403, "own-access")
    assert (await judge(bank.auditor, access)).status_code == 201


async def test_only_an_auditor_who_sees_the_customers_unit_judges(bank, clock):
    access = await over(bank, clock)
    wests = await bank.staff("wests", "auditor", unit="west")
    easts = await bank.staff("easts", "auditor", unit="east")
    admin = await bank.staff("admin", "tenant_admin")
    key = await bank.client("audit:read")

    answers = {
        "west": kind_of(await judge(wests, access)),
        "east": (await judge(easts, access)).status_code,
        "leader": (await judge(bank.leader, access)).status_code,
        "key": (await judge(key, access)).status_code,
        "manager": (await judge(await bank.sign_in("manager"), access)).status_code,
        "admin": (await judge(admin, access)).status_code,
    }

    assert answers.pop("west") == (403, "customer-out-of-sight")
    assert answers.pop("east") == 404
    assert set(answers.values()) == {403}


async def test_another_companys_auditor_finds_none(bank, world, clock):
    access = await over(bank, clock)
    other = await world.tenant()
    stranger = await other.staff("auditor", "auditor")

    assert (await judge(stranger, access)).status_code == 404
    assert (await stranger.get(f"{PATH}/counts")).json() == []


@pytest.mark.rule("S02-6")
async def test_a_review_is_warned_of_late_and_escalated(bank, clock):
    admin = await bank.staff("admin", "tenant_admin")
    await over(bank, clock)
    heard = {}
    for name, days in (("soon", 3), ("late", 5)):
        clock.set(clock.START + timedelta(days=days, hours=6))
        async with bank.scope():
            await fire_due(clock())
        await work_off(bank)
        for who in (bank.auditor, admin, bank.manager):
            kinds = {kind for kind in await told(bank, who) if kind.startswith("emergency_review")}
            heard[name, who.staff_id] = kinds

    late = await (await bank.sign_in("auditor")).get(PATH, params={"review": "late"})
    assert heard["soon", bank.auditor.staff_id] == {"emergency_review_due"}
    assert "emergency_review_late" in heard["late", bank.auditor.staff_id]
    assert heard["late", admin.staff_id] == {"emergency_review_escalated"}
    assert heard["late", bank.manager.staff_id] == set()
    assert len(late.json()["items"]) == 1


async def test_a_review_given_in_time_is_told_of_no_more(bank, clock):
    access = await over(bank, clock)
    await judge(bank.auditor, access)
    clock.set(clock.START + timedelta(days=9))
    async with bank.scope():
        await fire_due(clock())
    await work_off(bank)

    assert [kind for kind in await told(bank, bank.auditor) if kind.startswith("emergency_review")] == []


@pytest.mark.rule("S02-6")
async def test_what_was_not_justified_is_told_to_the_leader_and_drawn_as_unusual(bank, clock):
    lead = await bank.staff("lead", "manager", unit="west")
    access = await over(bank, clock)
    await judge(bank.auditor, access, UNJUST)
    await work_off(bank)
    clock.set(clock.now + timedelta(days=1))
    await come_round(bank, DrawUnusualLooks())
    await come_round(bank, DrawUnusualLooks())

    auditor = await bank.sign_in("auditor")
    found = (await auditor.get("/api/v1/unusual-looks", params={"rule": "emergency_not_justified"})).json()["items"]
    closed = await auditor.post(
        f"/api/v1/unusual-looks/{found[0]['id']}/marks", json={"mark": "followed", "note": "约谈"}
    )

    assert [(each["actor_name"], each["customer_ids"], each["looks"]) for each in found] == [
        ("manager", [bank.customer], access["looks"] + 2)
    ]
    assert closed.status_code == 201, closed.text
    assert "emergency_not_justified" in await told(bank, lead)
    assert "emergency_not_justified" in await told(bank, bank.manager)
    assert "emergency_not_justified" not in await told(bank, bank.leader)


async def test_whose_access_was_not_justified_opens_none_for_a_month(bank, clock):
    access = await over(bank, clock)
    await judge(bank.auditor, access, UNJUST)
    manager = await bank.sign_in("manager")
    stopped = await manager.post(PATH, json={"reason": REASON, "customer_id": bank.customer})
    clock.set(clock.now + timedelta(days=30))

    assert kind_of(stopped) == (409, "stopped-for-now")
    assert (await opened(await bank.sign_in("manager"), customer_id=bank.customer))["state"] == "running"


async def test_the_policy_says_how_long_and_whether_anybody_is_stopped(bank, clock):
    admin = await bank.staff("admin", "tenant_admin")
    figures = {"review": {"within": {"type": "hours", "count": 2}, "calendar": "always", "stops_days": 0}}
    written = await admin.post("/api/v1/policy/versions", json={"overrides": {"emergency": figures}, "note": ""})
    assert written.status_code == 201, written.text
    access = await over(bank, clock)
    await judge(bank.auditor, access, UNJUST)

    again = await opened(await bank.sign_in("manager"), customer_id=bank.customer)

    assert access["review_due_at"] == "2026-03-02T04:30:00Z"
    assert again["review_due_at"] == "2026-03-02T05:00:00Z"


async def test_persons_are_counted(bank, clock):
    first = await over(bank, clock)
    await judge(bank.auditor, first)
    manager = await bank.sign_in("manager")
    await opened(manager, customer_id=bank.other)
    clock.set(clock.START + timedelta(days=9))

    counted = (await (await bank.sign_in("auditor")).get(f"{PATH}/counts")).json()

    assert [{name: each[name] for name in each if name not in ("staff_id", "looks")} for each in counted] == [
        {"staff_name": "manager", "opened": 2, "owed": 0, "late": 1, "justified": 1, "not_justified": 0}
    ]


@pytest.mark.rule("S02-6")
@pytest.mark.parametrize("early", [True, False])
async def test_opening_end_and_verdict_stand_in_the_record(bank, clock, early):
    access = await opened(bank.manager, customer_id=bank.customer)
    if early:
        assert (await bank.manager.post(f"{PATH}/{access['id']}/ending")).status_code == 201
    clock.set(clock.now + timedelta(minutes=30))
    await work_off(bank)
    await judge(bank.auditor, access)

    said = {}
    for action in ("open", "end", "run_out", "review"):
        entries = await bank.auditor.get("/api/v1/audit-entries", params={"action": f"emergency.{action}"})
        said[action] = [each["subject_id"] for each in entries.json()["items"]]

    ended, not_ended = ("end", "run_out") if early else ("run_out", "end")
    assert said == {"open": [access["id"]], ended: [access["id"]], not_ended: [], "review": [access["id"]]}


async def test_an_erased_customers_access_is_judged_all_the_same_and_its_words_are_gone(bank, clock):
    access = await over(bank, clock)
    earlier = await opened(await bank.sign_in("manager"), customer_id=bank.other)
    clock.set(clock.now + timedelta(minutes=30))
    await judge(bank.auditor, earlier)
    whole = await bank.client()
    for customer in (bank.customer, bank.other):
        assert (await whole.delete(f"/api/v1/customers/{customer}")).status_code < 300

    judged = await judge(bank.auditor, access)
    left = (await bank.auditor.get(f"{PATH}/{earlier['id']}")).json()

    assert judged.status_code == 201, judged.text
    assert (left["verdict"], left["verdict_reason"]) == ("justified", "—")


@pytest.mark.parametrize("typed", ["emergency:{}", " emergency:{}"])
async def test_nobody_types_a_purpose_that_reads_like_an_access(bank, typed):
    access = await opened(bank.manager, customer_id=bank.other)
    told_as = {"purpose": typed.format(access["id"]), "fields": ["mobile"], "leaves_to": "nobody"}

    answer = await bank.leader.post(f"/api/v1/customers/{bank.customer}/disclosures", json=told_as)
    fair = await bank.leader.post(
        f"/api/v1/customers/{bank.customer}/disclosures", json={**told_as, "purpose": "联系家属"}
    )

    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, ["purpose"])
    assert fair.status_code == 201, fair.text
    assert (await bank.auditor.get(f"{PATH}/{access['id']}")).json()["looks"] == 0
