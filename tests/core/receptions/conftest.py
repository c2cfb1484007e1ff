"""A company without any pack: its centre, a manager, and a department with people of its own."""

from dataclasses import dataclass
from typing import Any

import pytest
from receiving import PARTICULARS, PLAN, decide, guest, received, step

from support import Company


@dataclass
class House:
    """Who takes part. `key` may do everything."""

    tenant: Company
    key: Any
    officer: Any
    manager: Any
    security: Any

    async def approved(self, **more):
        """A reception whose protocol is approved."""
        reception = await received(self.key, await guest(self.key), **more)
        await step(self.officer, reception, "confirmation")
        asked = await step(self.officer, reception, "applications", APPLICATION)
        await decide(self.manager, asked["applications"][0]["approval_id"])
        return reception

    async def noticed(self, **more):
        """A reception whose departments have their notice."""
        reception = await self.approved(**more)
        await step(self.officer, reception, "particulars", PARTICULARS)
        await step(self.officer, reception, "plans", PLAN)
        await step(self.officer, reception, "assignments", {"staff_id": str(self.officer.staff_id)})
        return await step(self.officer, reception, "notice")

    async def seen_off(self):
        """A reception whose guest has left."""
        reception = await self.noticed()
        await step(self.officer, reception, "arrival")
        for stage in ("meet", "tour", "send_off"):
            reception = await step(self.officer, reception, "stages", {"stage": stage})
        return reception


APPLICATION = {"protocol": "vip", "qualification": "vip_customer", "reason": "重要客户来访"}


@pytest.fixture
async def house(world):
    tenant = await world.tenant(packs=())
    await tenant.unit("security")
    return House(
        tenant,
        await tenant.client(),
        await tenant.staff("officer", "reception_officer"),
        await tenant.staff("manager", "manager"),
        await tenant.staff("guard", "agent", unit="security"),
    )
