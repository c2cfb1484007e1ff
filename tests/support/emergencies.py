"""Emergency accesses, as whoever opens one asks."""

from typing import Any
from uuid import UUID

import httpx

PATH = "/api/v1/emergency-accesses"
REASON = "客户突发疾病，需联系家属"


async def opened(person: httpx.AsyncClient, **new: Any) -> dict[str, Any]:
    """An access that this person opened."""
    answer = await person.post(PATH, json={"reason": REASON, **new})
    assert answer.status_code == 201, answer.text
    access: dict[str, Any] = answer.json()
    return access


async def sees(person: httpx.AsyncClient, customer: UUID | str) -> int:
    """What the customer's file answers this person."""
    return (await person.get(f"/api/v1/customers/{customer}")).status_code
