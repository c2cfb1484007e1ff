"""What the tests of targets share: a company whose levels ask for more than the resolution, and its day at the desk."""

from datetime import datetime, timedelta

from guibin.sla.sweep import fire_due

CHAIN = [{"role": "manager", "after_minutes": 30}, {"role": "tenant_admin", "after_minutes": 120}]
FIRST_CONTACT = {
    "name": "first_contact",
    "within": {"type": "hours", "count": 1},
    "further_warnings": [95],
    "escalations": CHAIN,
    "told_of_success": ["manager"],
    "stands_while_waiting": False,
}
NEXT_UPDATE = {"name": "next_update", "within": {"type": "hours", "count": 2}, "recurrence": "repeating"}
PROGRESS = {"name": "progress", "within": {"type": "hours", "count": 4}, "recurrence": "sequential"}
NAMES = ("first_contact", "next_update", "progress", "second_look")


def level(name, hours, *, kind="hours", calendar="always", milestones=(FIRST_CONTACT, NEXT_UPDATE), **more):
    """A level of the policy, as JSON."""
    within = {"type": kind, "count": hours}
    return {"name": name, "resolve_within": within, "calendar": calendar, "milestones": list(milestones), **more}


USUAL = (level("1", 5), level("2", 8, milestones=(FIRST_CONTACT, NEXT_UPDATE, PROGRESS)))


async def go_by(client, *levels):
    """Make these the company's levels."""
    policy = (await client.get("/api/v1/policy")).json()["complaints"]
    complaints = policy | {"levels": list(levels), "default_level": levels[0]["name"], "keywords": []}
    texts = {f"complaint_level.{one['name']}": {"zh": one["name"], "en": one["name"]} for one in levels}
    texts |= {f"milestone.{name}": {"zh": name, "en": name} for name in NAMES}
    body = {"overrides": {"complaints": complaints, "texts": texts}, "note": "targets"}
    answer = await client.post("/api/v1/policy/versions", json=body)
    assert answer.status_code == 201, answer.text


class Case:
    """A complaint, and what the desk does about it as hours pass."""

    def __init__(self, tenant, client, shown):
        self.tenant, self.client, self.id = tenant, client, shown["id"]
        self.start = datetime.fromisoformat(shown["received_at"])

    def at(self, hours):
        """So many hours after the receipt."""
        return self.start + timedelta(hours=hours)

    def go_to(self, hours):
        self.tenant.world.clock.set(self.at(hours))

    async def post(self, path, body, *, at=None, client=None):
        if at is not None:
            self.go_to(at)
        answer = await (client or self.client).post(f"/api/v1/complaints/{self.id}/{path}", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def message(self, direction, *, at, client=None, **more):
        return await self.post("messages", {"text": "…", "direction": direction, **more}, at=at, client=client)

    async def sweep(self, hours):
        """Let time pass; the steps that happened, as (milestone, step)."""
        self.go_to(hours)
        async with self.tenant.scope():
            return [(step.milestone, step.step) for step in await fire_due(self.at(hours))]

    async def form(self):
        return (await self.client.get(f"/api/v1/complaints/{self.id}")).json()

    async def due(self, milestone):
        """The deadlines of a milestone, in hours after the receipt."""
        lines = [one for one in (await self.form())["deadlines"] if one["milestone"] == milestone]
        return [self.hours(one["due_at"]) for one in lines]

    async def running(self):
        """The milestones whose clocks have not ended."""
        lines = (await self.form())["deadlines"]
        return {one["milestone"] for one in lines if not one["completed_at"] and not one["cancelled_at"]}

    def hours(self, moment):
        return round((datetime.fromisoformat(moment) - self.start) / timedelta(hours=1), 6)


async def opened(tenant, client, *levels, **fields):
    """A complaint of a company that goes by these levels."""
    await go_by(client, *(levels or USUAL))
    body = {"text": "没有信号", "channel": "phone", "level": (levels or USUAL)[0]["name"]} | fields
    answer = await client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text
    return Case(tenant, client, answer.json())
