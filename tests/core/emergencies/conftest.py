"""A bank of two outlets, and a manager of one who sees nothing of the other's customers."""

import pytest


@pytest.fixture
async def bank(tenant):
    """A customer of the outlet east's with a case, and a manager of west's, who sees nothing of it."""
    await tenant.unit("east")
    await tenant.unit("west")
    serving = await tenant.staff("serving", "account_manager", unit="east")
    body = {
        "number": "VIP-1",
        "name": "王建国",
        "kind": "leader",
        "account_manager_id": str(serving.staff_id),
        "confidential": {"mobile": "13812345678"},
    }
    made = await serving.post("/api/v1/customers", json=body)
    assert made.status_code == 201, made.text
    tenant.customer = made.json()["id"]
    other = await serving.post("/api/v1/customers", json={"number": "VIP-2", "name": "李强", "kind": "leader"})
    tenant.other = other.json()["id"]
    tenant.leader = await tenant.staff("leader", "manager", unit="east")
    tenant.auditor = await tenant.staff("auditor", "auditor")
    tenant.manager = await tenant.staff("manager", "manager", unit="west")
    return tenant
