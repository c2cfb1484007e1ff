"""Emergency accesses, as whoever opens one asks."""

from typing import Any
from uuid import UUID

import httpx

PATH = "/api/v1/emergency-accesses"
REASON = "客户突发疾病，需联系家属"


async def outlets(tenant: Any) -> Any:
    """The bank, with a customer of the outlet east's (`customer`), a `manager` of west's who sees nothing of it, and an `auditor`."""
    await tenant.unit("east")
    await tenant.unit("west")
    tenant.serving = await tenant.staff("serving", "account_manager", unit="east")
    body = {
        "number": "VIP-1",
        "name": "王建国",
        "kind": "leader",
        "account_manager_id": str(tenant.serving.staff_id),
        "confidential": {"mobile": "13812345678"},
    }
    made = await tenant.serving.post("/api/v1/customers", json=body)
    assert made.status_code == 201, made.text
    tenant.customer = made.json()["id"]
    tenant.auditor = await tenant.staff("auditor", "auditor")
    tenant.manager = await tenant.staff("manager", "manager", unit="west")
    return tenant


async def opened(person: httpx.AsyncClient, **new: Any) -> dict[str, Any]:
    """An access that this person opened."""
    answer = await person.post(PATH, json={"reason": REASON, **new})
    assert answer.status_code == 201, answer.text
    access: dict[str, Any] = answer.json()
    return access


async def sees(person: httpx.AsyncClient, customer: UUID | str) -> int:
    """What the customer's file answers this person."""
    return (await person.get(f"/api/v1/customers/{customer}")).status_code
