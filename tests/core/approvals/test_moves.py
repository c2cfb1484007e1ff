"""Deputies while nobody is there, all of several, passing on, asking one more, copies and sending back: each on record and told."""

from datetime import timedelta

import pytest
from deciding import asked, principal_of
from receiving import fall_due, told

from guibin.policy.approvals import ApprovalFlow, ApprovalStep, Deputy, Where
from guibin.policy.deadlines import Hours

SMALL = (Where("amount", at_most=500_000),)
ONE = ApprovalFlow("matter", "test", (ApprovalStep("manager", within=Hours(8), deputies=(Deputy("agent", SMALL),)),))


@pytest.fixture
async def people(tenant):
    """Who asks, a desk's agent, two managers."""
    names = {"wang": "account_manager", "agent": "agent", "li": "manager", "zhao": "manager"}
    found = {}
    for login, role in names.items():
        found[login] = await tenant.staff(login, role)
    return found


async def ask(tenant, people, flow, **facts):
    return str(await asked(tenant, await principal_of(tenant, people["wang"]), flow.under(facts)))


async def say(client, approval, status=200, *, approved=True, reason="同意"):
    answer = await client.post(f"/api/v1/approvals/{approval}/decision", json={"approved": approved, "reason": reason})
    assert answer.status_code == status, answer.text
    return answer.json()


async def move(client, approval, what, body, status=201):
    answer = await client.post(f"/api/v1/approvals/{approval}/{what}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def waiting(client, **asked):
    return [one["id"] for one in (await client.get("/api/v1/approvals", params=asked)).json()["items"]]


async def away(tenant, client, people, *logins, days=3):
    now = tenant.world.clock()
    span = {"from_at": (now - timedelta(hours=1)).isoformat(), "until_at": (now + timedelta(days=days)).isoformat()}
    for login in logins:
        answer = await client.post(f"/api/v1/staff/{people[login].staff_id}/absences", json=span)
        assert answer.status_code == 201, answer.text


async def decisions_told(tenant, client):
    return [kind for kind in await told(tenant, client) if kind.startswith("decision_")]


@pytest.mark.rule("S12-3")
async def test_a_deputy_decides_within_limits_while_nobody_whose_step_it_is_is_there(tenant, client, people):
    deputy = await tenant.staff("deputy", "manager")
    flow = ApprovalFlow("matter", "test", (ApprovalStep("tenant_admin", deputies=(Deputy("manager", SMALL),)),))
    admin = await tenant.staff("admin", "tenant_admin")
    within = await ask(tenant, people, flow, amount=500_000)
    there = [await waiting(deputy), await decisions_told(tenant, deputy)]
    await say(deputy, within, 403)
    await away(tenant, client, people | {"admin": admin}, "admin")
    beyond = await ask(tenant, people, flow, amount=500_001)
    unsaid = await ask(tenant, people, flow)
    after = await ask(tenant, people, flow, amount=1)

    assert there == [[], []]
    assert await decisions_told(tenant, deputy) == ["decision_deputy"]
    assert set(await waiting(deputy)) == {within, after}
    for request in (beyond, unsaid):
        await say(deputy, request, 403)
    shown = await say(deputy, after)
    assert [(step["role"], step.get("for_role"), step["decided_by_name"]) for step in shown["steps"]] == [
        ("manager", "tenant_admin", "deputy")
    ]


@pytest.mark.rule("S12-3")
async def test_an_approver_who_is_back_decides_again_and_the_deputy_no_more(tenant, client, people, clock):
    flow = ApprovalFlow("matter", "test", (ApprovalStep("tenant_admin", deputies=(Deputy("manager"),)),))
    admin = await tenant.staff("admin", "tenant_admin")
    await away(tenant, client, people | {"admin": admin}, "admin", days=1)
    request = await ask(tenant, people, flow)
    assert await waiting(people["li"]) == [request]

    clock.set(clock() + timedelta(hours=25))
    people["li"] = await tenant.staff("li-again", "manager")

    assert await waiting(people["li"]) == []
    await say(people["li"], request, 403)


@pytest.mark.rule("S12-3")
async def test_a_deadline_is_told_to_the_deputy_while_the_approver_is_away(tenant, client, people, clock):
    flow = ApprovalFlow(
        "matter", "test", (ApprovalStep("tenant_admin", within=Hours(10), deputies=(Deputy("manager"),)),)
    )
    admin = await tenant.staff("admin", "tenant_admin")
    await ask(tenant, people, flow)
    await away(tenant, client, people | {"admin": admin}, "admin")

    clock.set(clock() + timedelta(hours=8))
    await fall_due(tenant, "approvals")

    assert await decisions_told(tenant, people["li"]) == ["decision_due"]
    assert await decisions_told(tenant, admin) == []


async def stand_in(client, absent, deputy, **how):
    body = {"until_at": "2099-01-01T00:00:00Z", "deputy_id": str(deputy.staff_id), **how}
    answer = await client.post(f"/api/v1/staff/{absent.staff_id}/absences", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_who_stands_in_hears_and_decides_in_the_place_of_one_who_is_away(tenant, client, people):
    flow = ApprovalFlow("matter", "test", (ApprovalStep("tenant_admin"), ApprovalStep("tenant_admin")))
    admin = await tenant.staff("admin", "tenant_admin")
    before = await ask(tenant, people, flow)
    await say(people["li"], before, 403)
    absence = await stand_in(client, admin, people["li"])
    after = await ask(tenant, people, flow)

    assert set(await waiting(people["li"])) == {before, after}
    assert await waiting(people["zhao"]) == []
    assert await decisions_told(tenant, people["li"]) == ["decision_deputy"]
    await say(people["zhao"], after, 403)
    shown = await say(people["li"], after)
    assert [
        (step["role"], step["for_name"], step["decided_by_name"]) for step in shown["steps"] if step.get("approved")
    ] == [("tenant_admin", "admin", "li")]
    await say(people["li"], after, 409)
    assert (await client.delete(f"/api/v1/staff/{admin.staff_id}/absences/{absence}")).status_code == 204
    await say(people["li"], before, 403)


@pytest.mark.parametrize(
    ("how", "sees"),
    [
        ({}, True),
        ({"matters": ["exception"]}, True),
        ({"matters": ["reception"]}, False),
        ({"notices_only": True}, False),
    ],
)
async def test_who_stands_in_decides_within_what_was_said(tenant, client, people, how, sees):
    flow = ApprovalFlow("exception", "test", (ApprovalStep("tenant_admin"),))
    admin = await tenant.staff("admin", "tenant_admin")
    request = await ask(tenant, people, flow)
    await stand_in(client, admin, people["li"], **how)

    assert await waiting(people["li"]) == ([request] if sees else [])
    await say(people["li"], request, 200 if sees else 403)


async def test_nobody_stands_in_for_who_asked_nor_for_who_decided_before(tenant, client, people):
    flow = ApprovalFlow("matter", "test", (ApprovalStep("manager"), ApprovalStep("manager")))
    request = await ask(tenant, people, flow)
    deputy = await tenant.staff("deputy", "tenant_admin")
    await say(people["li"], request)
    await stand_in(client, people["li"], deputy)
    own = str(await asked(tenant, await principal_of(tenant, people["li"]), flow))

    assert await waiting(deputy) == []
    for each in (request, own):
        await say(deputy, each, 403)
    await say(people["zhao"], request)


async def test_a_step_together_takes_a_yes_of_each_and_one_no_ends_it(tenant, client, people):
    flow = ApprovalFlow("matter", "test", (ApprovalStep("manager", others=("tenant_admin",), together=True),))
    admin = await tenant.staff("admin", "tenant_admin")
    request = await ask(tenant, people, flow)

    first = await say(people["li"], request)
    again = await say(people["zhao"], request, 403)
    last = await say(admin, request)
    refused = await ask(tenant, people, flow)
    ended = await say(admin, refused, approved=False, reason="超预算")

    assert (first["outcome"], [step["role"] for step in first["steps"]]) == (None, ["manager", "tenant_admin"])
    assert again["type"].endswith("not-yours-to-decide")
    assert last["outcome"] == "approved"
    assert ended["outcome"] == "rejected"


async def test_a_step_that_was_passed_on_is_that_colleagues_alone(tenant, client, people):
    request = await ask(tenant, people, ONE)

    shown = await move(people["li"], request, "passing", {"staff_id": str(people["zhao"].staff_id), "reason": "出差"})
    await say(people["li"], request, 403)
    ended = await say(people["zhao"], request)

    assert [(one["kind"], one["staff_name"], one["moved_by_name"]) for one in shown["moves"]] == [
        ("passed_on", "zhao", "li")
    ]
    assert shown["steps"][0]["person_name"] == "zhao"
    assert await decisions_told(tenant, people["zhao"]) == ["decision_passed_on"]
    assert await decisions_told(tenant, people["li"]) == []
    assert (ended["outcome"], ended["steps"][0]["decided_by_name"]) == ("approved", "zhao")


async def test_nobody_passes_on_to_the_applicant_to_themselves_or_to_whoever_may_not_decide(tenant, client, people):
    applicant = await tenant.staff("asks", "manager")
    request = await asked(tenant, await principal_of(tenant, applicant), ONE)

    for login in ("wang", "li"):
        body = {"staff_id": str(people[login].staff_id), "reason": "忙"}
        await move(people["li"], request, "passing", body, 422)
    await move(people["li"], request, "passing", {"staff_id": str(applicant.staff_id), "reason": "忙"}, 422)
    await move(applicant, request, "passing", {"staff_id": str(people["zhao"].staff_id), "reason": "忙"}, 403)
    await say(applicant, request, 403)


@pytest.mark.parametrize("afterwards", [False, True])
async def test_one_more_is_asked_before_or_after_and_all_must_agree(tenant, client, people, afterwards):
    people["zhao"] = await tenant.staff("boss", "tenant_admin")
    request = await ask(tenant, people, ONE)
    body = {"staff_id": str(people["zhao"].staff_id), "reason": "请把关", "afterwards": afterwards}

    await move(people["li"], request, "signers", body)
    order = ("li", "zhao") if afterwards else ("zhao", "li")
    names = {"li": "li", "zhao": "boss"}
    await say(people[order[1]], request, 403)
    between = await say(people[order[0]], request)
    ended = await say(people[order[1]], request)

    assert await decisions_told(tenant, people["zhao"]) == ["decision_added"]
    assert (between["outcome"], between["step"]) == (None, 1)
    assert [step["decided_by_name"] for step in ended["steps"]] == [names[one] for one in order]
    timers = (await client.get("/api/v1/timers", params={"subject_id": request})).json()["items"]
    assert {one["state"] for one in timers} <= {"completed", "cancelled"}


async def test_a_step_of_somebody_who_has_left_by_then_is_for_whoever_has_its_role(tenant, client, people):
    boss = await tenant.staff("boss", "manager")
    request = await ask(tenant, people, ONE)
    body = {"staff_id": str(boss.staff_id), "reason": "请把关", "afterwards": True}
    await move(people["li"], request, "signers", body)
    left = await client.post(f"/api/v1/staff/{boss.staff_id}/leaving", json={})
    assert left.status_code in (200, 201), left.text

    between = await say(people["li"], request)
    await say(people["agent"], request, 403)
    ended = await say(people["zhao"], request)

    assert (between["outcome"], between["step"]) == (None, 1)
    assert (ended["outcome"], ended["steps"][1]["decided_by_name"]) == ("approved", "zhao")


async def test_a_copy_is_told_and_found_and_decides_nothing(tenant, client, people):
    request = await ask(tenant, people, ONE)

    await move(people["wang"], request, "copies", {"staff_id": str(people["agent"].staff_id)})

    assert await decisions_told(tenant, people["agent"]) == ["decision_copied"]
    assert await waiting(people["agent"], whose="copied") == [request]
    assert await waiting(people["zhao"], whose="copied") == []
    await say(people["agent"], request, 403)


async def test_what_is_sent_back_is_decided_again_from_there_and_earlier_words_count_no_more(tenant, client, people):
    flow = ApprovalFlow("matter", "test", (ApprovalStep("manager"), ApprovalStep("tenant_admin")))
    admin = await tenant.staff("admin", "tenant_admin")
    request = await ask(tenant, people, flow)
    await say(people["li"], request)

    await move(admin, request, "return", {"to_step": 1, "reason": "不是更早的一步"}, 422)
    shown = await move(admin, request, "return", {"to_step": 0, "reason": "请补充预算"})
    await say(admin, request, 403)
    await say(people["li"], request)
    ended = await say(admin, request)

    assert (shown["outcome"], shown["step"]) == (None, 2)
    assert await waiting(people["zhao"]) == []
    assert "decision_returned" in await decisions_told(tenant, people["li"])
    assert "decision_returned" in await decisions_told(tenant, people["wang"])
    assert ended["outcome"] == "approved"
    assert [(step["step"], step.get("undone", False), step["decided_by_name"]) for step in ended["steps"]] == [
        (0, True, "li"),
        (2, False, "li"),
        (3, False, "admin"),
    ]


@pytest.mark.rule("S07-17")
@pytest.mark.parametrize(
    ("facts", "steps"),
    [
        ({"amount": 499_999, "period_days": 365, "customer_kind": "leader"}, 1),
        ({"amount": 500_000, "period_days": 365, "customer_kind": "leader"}, 2),
        ({"amount": 1, "period_days": 366, "customer_kind": "leader"}, 2),
        ({"amount": 1, "period_days": 1, "customer_kind": "partner"}, 2),
        ({"amount": 1, "period_days": 1, "customer_kind": "leader", "contribution": "捐线"}, 1),
        ({}, 4),
    ],
)
def test_a_matter_takes_the_steps_whose_conditions_hold_or_are_unknown(facts, steps):
    flow = ApprovalFlow(
        "standard",
        "test",
        (
            ApprovalStep("manager"),
            ApprovalStep("tenant_admin", when=(Where("amount", at_least=500_000),)),
            ApprovalStep("tenant_admin", when=(Where("period_days", at_least=366),)),
            ApprovalStep("tenant_admin", when=(Where("customer_kind", one_of=("partner",)),)),
        ),
    )

    assert len(flow.under(facts).steps) == steps
