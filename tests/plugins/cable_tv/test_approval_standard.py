"""What is out of the ordinary is the company's head to grant, everything else the manager's; and nobody stands still (S07-17)."""

from datetime import timedelta

import pytest
from receiving import told

PATH = "/api/v1/service-requests"
ANSWERS = {
    "customer_kind": "leader",
    "special_contribution": "协调管网入户",
    "reason": "新开通互动点播",
    "equipment": "set_top_box",
    "programmes": "高清互动基础包",
    "starts_on": "2026-03-05",
}


@pytest.fixture
async def people(tenant):
    names = {"wang": "account_manager", "li": "manager", "boss": "tenant_admin"}
    return {login: await tenant.staff(login, role) for login, role in names.items()}


async def asked(client, people, number, *, network="two_way", ends_on="2027-03-05"):
    """The approval of a request for new programmes."""
    customer = await client.post(
        "/api/v1/customers", json={"number": number, "name": "王建国", "kind": "leader", "fields": {"network": network}}
    )
    body = {"customer_id": customer.json()["id"], "item": "new_programmes", "channel": "phone", "text": "要看体育"}
    answers = ANSWERS | {"network": network, "ends_on": ends_on}
    answer = await people["wang"].post(PATH, json=body | {"answers": answers})
    assert answer.status_code == 201, answer.text
    return answer.json()["approval_id"]


async def say(client, approval, status=200):
    answer = await client.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True, "reason": "同意"})
    assert answer.status_code == status, answer.text
    return answer.json().get("outcome")


@pytest.mark.rule("S07-17")
@pytest.mark.parametrize(
    ("more", "head"),
    [
        ({}, False),
        ({"ends_on": "2027-03-06"}, False),
        ({"ends_on": "2027-03-07"}, True),
        ({"network": "one_way"}, False),
        ({"network": "off_network"}, True),
    ],
)
async def test_a_line_of_its_own_or_more_than_a_year_takes_the_companys_head_besides(client, people, more, head):
    approval = await asked(client, people, "C-1", **more)

    first = await say(people["li"], approval)
    waits = (await people["boss"].get("/api/v1/approvals")).json()["items"]

    assert (first, [one["id"] for one in waits]) == ((None, [approval]) if head else ("approved", []))
    if head:
        assert await say(people["boss"], approval) == "approved"


@pytest.mark.rule("S07-17", "S12-3")
async def test_while_no_manager_is_there_the_head_decides_and_hears_of_it(tenant, client, people, clock):
    before = await asked(client, people, "C-1")
    await say(people["boss"], before, 403)
    span = {"from_at": clock().isoformat(), "until_at": (clock() + timedelta(days=2)).isoformat()}
    noted = await client.post(f"/api/v1/staff/{people['li'].staff_id}/absences", json=span)
    assert noted.status_code == 201, noted.text

    meanwhile = await asked(client, people, "C-2")

    assert (await told(tenant, people["boss"])).count("decision_deputy") == 1
    assert await say(people["boss"], meanwhile) == "approved"
    assert await say(people["boss"], before) == "approved"
