"""A bank of two outlets, and a manager of one who sees nothing of the other's customers."""

import pytest
from emergencies import outlets


@pytest.fixture
async def bank(tenant):
    """A customer of the outlet east's with a case, and a manager of west's, who sees nothing of it."""
    await outlets(tenant)
    other = await tenant.serving.post("/api/v1/customers", json={"number": "VIP-2", "name": "李强", "kind": "leader"})
    tenant.other = other.json()["id"]
    tenant.leader = await tenant.staff("leader", "manager", unit="east")
    return tenant
