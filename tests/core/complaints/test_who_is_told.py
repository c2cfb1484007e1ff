"""Whoever is directly responsible for a customer hears of everything about them, and the team hears what they hear."""

from datetime import timedelta

import pytest
from receiving import fall_due, send

PATH = "/api/v1/complaints"
NEW = {"text": "没有信号", "channel": "phone", "level": "1"}


@pytest.fixture
async def people(tenant):
    """A hall's agent, the customer's manager of accounts, a member of the team, and another manager of accounts."""
    await tenant.unit("hall")
    roles = {"agent": "agent", "keeper": "account_manager", "assistant": "account_manager", "other": "account_manager"}
    found = {name: await tenant.staff(name, role, unit="hall") for name, role in roles.items()}
    return found | {"chief": await tenant.staff("chief", "manager", unit="hall")}


@pytest.fixture
async def customer(tenant, people):
    client = await tenant.client()
    body = {"number": "K1", "kind": "leader", "name": "王伟", "org_unit_id": str(tenant.units["hall"])}
    body["account_manager_id"] = str(people["keeper"].staff_id)
    customer_id = (await send(client, "/api/v1/customers", body))["id"]
    member = {"staff_id": str(people["assistant"].staff_id), "part": "service"}
    await send(client, f"/api/v1/customers/{customer_id}/team", member)
    return customer_id


async def _heard(tenant, people):
    """What each of them read, in order; nobody who read nothing."""
    async with tenant.scope() as scope:
        rows = await scope.connection.fetch("select staff_id, kind from staff_notice order by told_at, kind")
    names = {str(client.staff_id): name for name, client in people.items()}
    heard: dict[str, list[str]] = {}
    for row in rows:
        heard.setdefault(names.get(str(row["staff_id"]), "?"), []).append(row["kind"])
    return heard


@pytest.mark.rule("S05-3", "S10-4")
async def test_the_manager_and_the_team_hear_of_all_that_happens_to_a_complaint(tenant, people, clock, customer):
    agent = people["agent"]
    case = await send(agent, PATH, NEW | {"customer_id": customer})
    path = f"{PATH}/{case['id']}"
    for what, body in (
        ("messages", {"text": "还没修好吗", "direction": "in"}),
        ("level", {"level": "2", "reason": "需要网络部", "cause": "signal", "analysis": "线路老化"}),
        ("resolution", {"remedy": "更换机顶盒", "cause": "equipment"}),
        ("callbacks", {"outcome": "satisfied"}),
    ):
        clock.set(clock() + timedelta(minutes=1))
        await send(agent, f"{path}/{what}", body)

    everything = [
        "customer_complained",
        "customer_wrote",
        "complaint_judged",
        "complaint_settled",
        "customer_called_back",
    ]
    assert await _heard(tenant, people) == {
        "keeper": everything,
        "assistant": everything,
        "chief": ["department_asked"],
    }
    words = [one["text"] for one in (await people["keeper"].get("/api/v1/notices")).json()["items"]]
    assert words[0] == f"{case['number']} 已回访客户：满意"
    assert words[2] == f"您客户的投诉 {case['number']} 已改为二级投诉:需相关部门协同"


@pytest.mark.rule("S05-3", "S10-4")
async def test_a_deadline_that_passes_is_told_to_them_before_it_goes_up(tenant, people, clock, customer):
    await send(people["agent"], PATH, NEW | {"customer_id": customer})
    clock.set(clock() + timedelta(hours=5))

    await fall_due(tenant, "insight")

    heard = await _heard(tenant, people)
    assert heard["keeper"] == heard["assistant"]
    assert {"deadline_breached", "deadline_escalated"} <= set(heard["keeper"])
    assert "other" not in heard
    # The manager hears that nobody answered; the resolution goes up to them later.
    assert heard["chief"] == ["reply_escalated"]


@pytest.mark.rule("S05-3")
async def test_nobody_hears_of_what_they_did_themselves_or_of_anothers_customer(tenant, people, clock, customer):
    await send(people["keeper"], PATH, NEW | {"customer_id": customer})
    await send(people["agent"], PATH, NEW)

    assert await _heard(tenant, people) == {"assistant": ["customer_complained"]}


@pytest.mark.rule("S10-4")
async def test_a_member_of_the_team_has_its_customers_in_a_list_until_they_leave_it(tenant, people, customer):
    assistant, chief = people["assistant"], people["chief"]
    mine = {"served_by": assistant.staff_id}
    team = (await chief.get(f"/api/v1/customers/{customer}/team")).json()

    before = (await assistant.get("/api/v1/customers", params=mine)).json()["items"]
    others = (await assistant.get("/api/v1/customers", params={"served_by": people["other"].staff_id})).json()["items"]
    await chief.delete(f"/api/v1/customers/{customer}/team/{team['members'][0]['id']}")
    after = (await assistant.get("/api/v1/customers", params=mine)).json()["items"]
    await send(people["agent"], PATH, NEW | {"customer_id": customer})

    assert [one["id"] for one in before] == [customer]
    assert (others, after) == ([], [])
    assert await _heard(tenant, people) == {"keeper": ["customer_complained"]}


@pytest.mark.rule("S05-3")
async def test_a_service_that_is_asked_for_is_told_to_them(tenant, people, customer):
    new = {"customer_id": customer, "item": "enquiry", "channel": "phone", "text": "资费", "situation": "vip_enquiry"}

    await send(people["agent"], "/api/v1/service-requests", new)

    assert await _heard(tenant, people) == {"keeper": ["customer_asked"], "assistant": ["customer_asked"]}
