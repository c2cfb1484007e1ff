"""A hotel with the pack's defaults and its people, each in a post."""

from dataclasses import dataclass
from typing import Any

import pytest
from receiving import decide, guest, received, step

from support import Company

POSTS = (
    "group_chairman",
    "general_manager",
    "resident_manager",
    "pr_sales_manager",
    "department_manager",
    "front_desk_supervisor",
)


@dataclass
class Hotel:
    """`key` may do everything; `people` by post."""

    tenant: Company
    key: Any
    people: dict[str, Any]

    @property
    def sales(self):
        return self.people["pr_sales_manager"]

    async def confirmed(self, number="G-1", **more):
        """News of a visit that PR & sales has confirmed, its protocol still open."""
        reception = await received(self.key, await guest(self.key, number, kind="guest"), **more)
        return await step(self.sales, reception, "confirmation", {"protocol": more.get("protocol") or "vc"})

    async def approved(self, protocol="vc", reason="celebrity", by="department_manager", approver="resident_manager"):
        """A reception whose class is approved."""
        reception = await self.confirmed()
        body = {"protocol": protocol, "qualification": reason, "reason": "来访"}
        asked = await step(self.people[by], reception, "applications", body)
        await decide(self.people[approver], asked["applications"][-1]["approval_id"])
        return reception


@pytest.fixture
async def hotel(world):
    tenant = await world.tenant(packs=("hotel",))
    people = {post: await tenant.staff(post.replace("_", "-"), post) for post in POSTS}
    return Hotel(tenant, await tenant.client(), people)
