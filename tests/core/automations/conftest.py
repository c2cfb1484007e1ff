"""A company whose admin writes automations, and customers who complain."""

from datetime import timedelta

import pytest
from receiving import guest, send
from running import work_off
from standing import member

CALL = {"type": "open_task", "text": "致电客户，致歉并说明处理", "role": "manager", "within_hours": 24}
THIRD = {
    "name": "third_complaint",
    "when": {"type": "adds_up", "event": "complaint_received", "times": 3, "days": 30},
    "condition": {"type": "holds_tier", "tiers": []},
    "then": [CALL],
}


class House:
    """The company, its admin and manager, and what its automations come to."""

    def __init__(self, tenant, client, clock):
        self.tenant, self.client, self.clock = tenant, client, clock

    async def begin(self):
        self.admin = await self.tenant.staff("admin-1", "tenant_admin")
        self.leader = await self.tenant.staff("leader-1", "manager")
        self.vip = await guest(self.client, kind="leader")
        await member(self.tenant, self.vip)
        return self

    async def write(self, *automations, status=201):
        """A version of the policy with these automations."""
        texts = {f"automation.{one['name']}": {"zh": f"自动化{one['name']}", "en": one["name"]} for one in automations}
        body = {"note": "自动化", "overrides": {"automations": list(automations), "texts": texts}}
        return await send(self.admin, "/api/v1/policy/versions", body, status)

    async def on(self, name, status=201):
        return await send(self.admin, f"/api/v1/automations/{name}/activation", status=status)

    async def complain(self, customer_id=None, status=201, **more):
        new = {"channel": "phone", "text": "没有信号", "customer_id": customer_id or self.vip, "level": "1", **more}
        return await send(self.client, "/api/v1/complaints", {k: v for k, v in new.items() if v}, status)

    async def work(self):
        await work_off(self.tenant)

    async def pass_by(self, **time):
        self.clock.set(self.clock.now + timedelta(**time))
        await self.work()

    async def tasks(self):
        return (await self.leader.get("/api/v1/tasks", params={"state": "open"})).json()["items"]

    async def runs(self, **asked):
        return (await self.client.get("/api/v1/automation-runs", params=asked)).json()["items"]


@pytest.fixture
async def house(tenant, client, clock):
    return await House(tenant, client, clock).begin()
