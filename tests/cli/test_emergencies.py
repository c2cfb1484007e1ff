"""`guibin emergencies` as an operator types it."""

import json

import pytest
from emergencies import REASON, opened, sees


@pytest.fixture
async def bank(tenant, world, monkeypatch):
    """A manager of west's out of whose sight a customer of east's is; the operator's clock is the company's."""
    monkeypatch.setattr("guibin.cli.environment.real_clock", world.clock)
    await tenant.unit("east")
    await tenant.unit("west")
    serving = await tenant.staff("serving", "account_manager", unit="east")
    made = await serving.post("/api/v1/customers", json={"number": "VIP-1", "name": "王建国", "kind": "leader"})
    assert made.status_code == 201, made.text
    tenant.customer = made.json()["id"]
    tenant.auditor = await tenant.staff("auditor", "auditor")
    tenant.manager = await tenant.staff("manager", "manager", unit="west")
    return tenant


async def test_an_operator_lists_them_and_that_is_on_record(bank, guibin):
    access = await opened(bank.manager, customer_id=bank.customer)
    listed = await guibin("emergencies", "list", bank.slug)
    running = await guibin("emergencies", "list", bank.slug, "--state", "running", "--json")
    late = await guibin("emergencies", "list", bank.slug, "--review", "late")
    entries = (await bank.auditor.get("/api/v1/audit-entries", params={"action": "emergency.list"})).json()["items"]

    assert all(said in listed[1] for said in (access["id"], "manager", "running", REASON)), listed
    assert [one["id"] for one in json.loads(running[1])] == [access["id"]]
    assert (late[0], late[1].strip()) == (0, "No emergency accesses")
    assert {each["actor_name"].partition(" ")[0] for each in entries} == {"operator"}


async def test_an_operator_ends_one_that_must_not_go_on(bank, guibin):
    access = await opened(bank.manager, customer_id=bank.customer)
    before = await sees(bank.manager, bank.customer)
    ended = await guibin("emergencies", "end", bank.slug, access["id"])
    again = await guibin("emergencies", "end", bank.slug, access["id"])
    after = await sees(bank.manager, bank.customer)
    view = (await bank.auditor.get(f"/api/v1/emergency-accesses/{access['id']}")).json()

    assert (before, ended[0], after) == (200, 0, 404), ended
    assert ended[1].strip() == "manager reads the file no longer."
    assert (again[0], "over" in again[2]) == (1, True)
    assert (view["state"], view["ended_by_name"].partition(" ")[0]) == ("ended", "operator")
